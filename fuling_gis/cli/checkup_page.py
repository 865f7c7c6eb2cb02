"""The check-up of a workspace on a terminal: what cannot be read, what is missing, and what that costs."""

from __future__ import annotations

from typing import Any

from fuling_gis.checkup import Checkup, LayerReport, MissingLayer
from fuling_gis.cli.layer_page import doubtful
from fuling_gis.cli.terminal import Terminal


def print_checkup(terminal: Terminal, found: Checkup) -> None:
    """Print the check-up: layers read, doubts, missing layers, thin coverage, disagreement of bank zones."""
    terminal.line(terminal.words("checkup_of", n=len(found.layers), as_of=found.as_of))
    if found.district_km2 is not None:
        terminal.line(terminal.words("checkup_district", area=f"{found.district_km2:,.2f}"))
    _layers(terminal, found)
    _missing(terminal, found)
    _near(terminal, found)
    _bank(terminal, found)
    for report in found.layers:
        if report.fault_words:
            terminal.fault(report.fault_words[terminal.lang])


def as_data(found: Checkup) -> dict[str, Any]:
    """Give the check-up as JSON values."""
    return {
        "as_of": found.as_of,
        "district_km2": found.district_km2,
        "sound": found.sound,
        "layers": [_report_data(report) for report in found.layers],
        "missing": [_missing_data(missing) for missing in found.missing],
        "near": [vars(cost) for cost in found.near],
        "bank": [vars(difference) for difference in found.bank],
    }


def _layers(terminal: Terminal, found: Checkup) -> None:
    lang = terminal.lang
    rows: list[tuple[str, str]] = []
    for report in found.layers:
        told = [doubtful(doubt, terminal) for doubt in report.doubts]
        told += [notice[lang] for notice in report.layer.notices] if report.layer else []
        told += [report.reason[lang]] if report.reason else []
        told += [terminal.words("repeated_ids", n=report.repeated_ids)] if report.repeated_ids else []
        rows += [("" if at else report.id, text) for at, text in enumerate(told)]
    terminal.list(terminal.words("head_remarks"), rows)


def _missing(terminal: Terminal, found: Checkup) -> None:
    rows = []
    for missing in found.missing:
        parts = [
            (entry, " ".join(ids))
            for entry, ids in (
                ("cost_unasked", missing.unasked),
                ("cost_partly", missing.partly),
                ("cost_readings", missing.other_readings),
            )
            if ids
        ]
        said = "; ".join(terminal.words(entry, rules=ids) for entry, ids in parts)
        rows.append((missing.id, missing.title[terminal.lang], f"{missing.reason[terminal.lang]}; {said}"))
    terminal.list(terminal.words("head_missing", n=len(rows)), rows)


def _near(terminal: Terminal, found: Checkup) -> None:
    costly = [cost for cost in found.near if cost.undecided_share > 0]
    rows = [
        (
            cost.rule,
            f"{cost.within_m:g} m",
            ", ".join(cost.layers),
            terminal.words("cost_near", share=f"{cost.undecided_share:.2%}", area=f"{cost.undecided_km2:,.1f}"),
        )
        for cost in costly
    ]
    terminal.list(terminal.words("head_near"), rows)
    if found.near and not costly:
        terminal.line()
        terminal.line(terminal.words("near_sound", n=len(found.near)))


def _bank(terminal: Terminal, found: Checkup) -> None:
    rows = [
        (
            difference.grade or "-",
            f"{difference.within_m:g} m",
            terminal.words(
                "cost_bank",
                given=f"{difference.only_given_km2:,.2f}",
                computed=f"{difference.only_computed_km2:,.2f}",
                water=f"{difference.only_computed_water_km2:,.2f}",
            ),
        )
        for difference in found.bank
    ]
    terminal.list(terminal.words("head_bank"), rows)


def _report_data(report: LayerReport) -> dict[str, Any]:
    return {
        "id": report.id,
        "state": report.state,
        "reason": dict(report.reason) if report.reason else None,
        "fault": report.fault,
        "features": report.features,
        "area_km2": report.area_km2,
        "rules": list(report.rules),
        "doubts": [vars(doubt) for doubt in report.doubts],
        "notices": [dict(notice) for notice in report.layer.notices] if report.layer else [],
    }


def _missing_data(missing: MissingLayer) -> dict[str, Any]:
    return {**vars(missing), "title": dict(missing.title), "reason": dict(missing.reason)}
