"""report.docx: what was asked, what was found and why, for the file.

Written from the finished GeoParquet files. A few sites are told in full, with maps; many in full without; of more than
that the worst are told and all are counted, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import shapely

from fuling_gis.labels import Lang, label
from fuling_gis.outputs.limits import limits
from fuling_gis.outputs.palette import colour, verdict_name
from fuling_gis.outputs.parquet import GEOMETRY
from fuling_gis.outputs.report_map import chinese_font, draw, ground_of
from fuling_gis.outputs.report_page import Page
from fuling_gis.outputs.report_rows import Counted, Pieces, Row, findings_of, of_parquet, worst
from fuling_gis.outputs.told import area, cause, layer_title, measured, metres, reading
from fuling_gis.overlay.result import Run
from fuling_gis.overlay.texts import rule_texts
from fuling_gis.overlay.units import DIMENSIONS, UNIT_LAYER
from fuling_gis.rules.model import Rule
from fuling_gis.verdicts import LEVELS, VERDICTS

NAME: Final = "report.docx"
# Sites that get maps, sites that get a section of their own, and rows of the table of sites; the worst first.
MAPPED: Final = 4
TOLD: Final = 30
# Of so few sites all have maps.
FEW: Final = 10
LISTED: Final = 500
# Rules of a site named in the table of sites.
_NAMED: Final = 6
_BY: Final = ("prohibited_by", "exit_by", "restricted_by", "lifted_by", "advised_by", "maybe_by", "unchecked_by")


class Remark(NamedTuple):
    """What is said of the report itself before everything else."""

    text: str
    # Whether nobody may overlook it.
    loud: bool = False


NO_REMARK: Final = Remark("")


def write_report(folder: Path, run: Run, tally: Counted, *, zone_geometry: bool = True) -> None:
    """Make report.docx in a folder from the GeoParquet files there.

    zone_geometry: whether its maps may hold outlines of layers.
    """
    whole_report(of_parquet(folder), run, tally, zone_geometry=zone_geometry).save(folder / NAME)


def whole_report(
    pieces: Pieces, run: Run, tally: Counted, *, zone_geometry: bool = True, remark: Remark = NO_REMARK
) -> Page:
    """Make the report of all sites.

    remark: what must be said before everything else. zone_geometry: whether maps may hold outlines of layers.
    """
    sites = worst(pieces, LISTED)
    told = [site for site in sites if site["verdict"] != "outside"][:TOLD]
    findings = findings_of(pieces, {site["row"] for site in told})
    report = _Report(run, tally.rows, zone_geometry=zone_geometry)
    report.begin("title", remark.text, loud=remark.loud)
    report.summary(sites, tally)
    report.tell(told, findings)
    report.end()
    return report.page


def sites_report(
    pieces: Pieces, sites: Sequence[Row], run: Run, *, zone_geometry: bool = True, remark: Remark = NO_REMARK
) -> Page:
    """Make the report of some sites alone: the same as is told of them in the whole, and what it rests on."""
    findings = findings_of(pieces, {site["row"] for site in sites})
    report = _Report(run, len(sites), zone_geometry=zone_geometry)
    report.begin("title_sites" if len(sites) > 1 else "title_site", remark.text, loud=remark.loud)
    report.notices()
    if len(sites) > 1:
        report.tell(sites, findings)
    else:
        report.tell_one(sites[0], findings[sites[0]["row"]])
    named = {str(finding["layer"]) for found in findings.values() for finding in found if finding["layer"]}
    report.end({*named, "district", *([UNIT_LAYER] if any(site["units"] for site in sites) else [])})
    return report.page


@dataclass
class _Report:
    run: Run
    # Sites in all; of few all have maps.
    rows: int
    zone_geometry: bool = True

    def __post_init__(self) -> None:
        self._lang: Lang = self.run.lang
        self.page = Page(self._lang)
        self._ground = ground_of(self.run, np.array([shapely.box(0, 0, 1, 1)], dtype=object))
        self._rules: dict[str, Rule] = {rule.id: rule for rule in self.run.rules}
        # Level of a site's heading; what is said of it stands one below.
        self._level = 2

    def begin(self, title: str, remark: str, *, loud: bool) -> None:
        """Say what was asked, and the limits of any answer. title: an entry of the words. loud: how remark stands."""
        page, words = self.page, self._words
        page.properties(words(title), limits()[self._lang])
        page.footer(words("footer"))
        page.title(words(title))
        workspace = str(self.run.facts.get("workspace", ""))
        page.say(words("asked", workspace=workspace, day=self.run.as_of, rules=len(self.run.rules), crs=self.run.crs))
        if remark:
            page.say(remark, loud=loud, grey=not loud)
        page.say(limits()[self._lang], loud=True)

    def tell(self, sites: Sequence[Row], findings: Mapping[int, Sequence[Row]]) -> None:
        """Tell some sites one after the other."""
        page, words = self.page, self._words
        if not sites:
            return
        page.heading(words("sites_told"), 1)
        if len(sites) < self.rows:
            page.say(words("told_part", n=len(sites), all=self.rows), grey=True)
        self._about_maps()
        for number, site in enumerate(sites):
            self._site(site, findings[site["row"]], mapped=number < MAPPED or self.rows <= FEW)

    def tell_one(self, site: Row, findings: Sequence[Row]) -> None:
        """Tell the only site."""
        self._level = 1
        self._site(site, findings, mapped=True)
        self._about_maps()

    def end(self, used: set[str] | None = None) -> None:
        """Tell what it rests on. used: the layers to be told in full; None for all, and for rules with their words."""
        self._layers(used)
        if used is None:
            self._unasked()
        self._everywhere(quoted=used is None)
        self._hashes(used)

    def _about_maps(self) -> None:
        if not self.zone_geometry:
            self.page.say(self._words("no_maps"), grey=True)
        elif chinese_font() is None:
            self.page.say(self._words("no_font"), grey=True)

    def _words(self, entry: str, **values: object) -> str:
        return label(f"report.{entry}", self._lang, **values)

    def summary(self, sites: Sequence[Row], tally: Counted) -> None:
        """Count all sites, and list the worst."""
        page, words = self.page, self._words
        page.heading(words("summary"), 1)
        verdicts, possible = tally.verdicts(), tally.possible()
        shown = [verdict for verdict in VERDICTS if verdicts.get(verdict) or possible.get(verdict)]
        rows = [
            (verdict_name(v, self._lang), f"{verdicts.get(v, 0):,}", f"{possible.get(v, 0):,}", words(f"means_{v}"))
            for v in shown
        ]
        rows.append((words("total"), f"{self.rows:,}", f"{self.rows:,}", ""))
        head = [words(f"count_{name}") for name in ("verdict", "sites", "possible", "meaning")]
        fills = {(at, 0): colour(verdict) for at, verdict in enumerate(shown)}
        page.table(head, rows, (3.2, 2.2, 3.0, 8.6), fills)
        self.notices()
        page.heading(words("list"), 2)
        if len(sites) < self.rows:
            page.say(words("listed_part", n=len(sites), all=self.rows), grey=True)
        listed = []
        for site in sites:
            rules = [rule for name in _BY for rule in str(site[name] or "").split(";") if rule]
            short = ", ".join(rules[:_NAMED]) + (f" +{len(rules) - _NAMED}" if len(rules) > _NAMED else "")
            both = (verdict_name(site["verdict"], self._lang), verdict_name(site["possible"], self._lang))
            listed.append((_id(site), str(site["name"] or ""), *both, short or str(site["problem"] or "")))
        head = [words(f"list_{name}") for name in ("id", "name", "verdict", "possible", "rules")]
        fills = {(at, 2): colour(site["verdict"]) for at, site in enumerate(sites)}
        page.table(head, listed, (2.2, 4.4, 2.3, 2.6, 5.5), fills)

    def notices(self) -> None:
        """Tell what every output of the run must say."""
        if self.run.notices:
            self.page.heading(self._words("notices"), 2)
            self.page.points([notice[self._lang] for notice in self.run.notices])

    def _site(self, site: Row, findings: Sequence[Row], *, mapped: bool) -> None:
        page, words = self.page, self._words
        page.heading(f"{_id(site)}  {site['name'] or ''}".strip(), self._level)
        verdict = verdict_name(site["verdict"], self._lang)
        page.say(verdict, lead=words("verdict"), bold=True, holds=True)
        if site["possible"] != site["verdict"]:
            page.say(verdict_name(site["possible"], self._lang), lead=words("possible"), holds=True)
        page.say(words(f"means_{site['verdict']}"), grey=True, holds=True)
        facts = list(self._facts(site))
        if facts:
            page.say("; ".join(facts), holds=mapped and self.zone_geometry)
        if site["problem"]:
            page.say(str(site["problem"]), lead=words("problem"))
        if mapped and self.zone_geometry and site[GEOMETRY]:
            self._map(site, findings)
        for rule_id in dict.fromkeys(finding["rule_id"] for finding in findings):
            self._finding([finding for finding in findings if finding["rule_id"] == rule_id])
        if site["unchecked_by"]:
            page.heading(words("unchecked"), self._level + 1)
            page.points([self._unchecked(rule) for rule in str(site["unchecked_by"]).split(";")])
        if site["depends_on"]:
            page.heading(words("depends"), self._level + 1)
            page.points([reading(one, self.run, self._lang) for one in str(site["depends_on"]).split(";")])
        self._units(site)

    def _facts(self, site: Row) -> Iterator[str]:
        for name in ("activity", "nature"):
            if site[name]:
                yield f"{label(f'map.{name}', self._lang)}: {site[name]}"
        if site["area_m2"]:
            yield f"{label('map.area', self._lang)}: {area(site['area_m2'])}"
        if site["inside_share"] is not None and site["inside_share"] < 1:
            yield f"{label('map.inside_share', self._lang)}: {site['inside_share']:.1%}"
        for name in ("to_main", "to_wu", "to_tributary"):
            if site[f"{name}_m"] is not None:
                yield f"{label(f'map.{name}', self._lang)}: {metres(site[f'{name}_m'])}"

    def _map(self, site: Row, findings: Sequence[Row]) -> None:
        shape = shapely.from_wkb(site[GEOMETRY])
        if shape is None or shapely.is_empty(shape):
            return
        zones: dict[str, list[int]] = {}
        for finding in findings:
            layer = self.run.layers.get(str(finding["layer"] or ""))
            if layer is None or finding["feature_id"] is None or LEVELS.get(finding["effect"], 0) < 1:
                continue
            if layer.relief is None:
                ids = layer.fields["id"]
                zones.setdefault(layer.id, []).extend(
                    place for place, value in enumerate(ids) if str(value) == finding["feature_id"]
                )
        png = draw(shape, site["verdict"], dict(list(zones.items())[:3]), self.run, self._ground, self._lang)
        self.page.picture(png, self._words("map_told", name=str(site["name"] or _id(site))))

    def _finding(self, parts: Sequence[Row]) -> None:
        page, words, first = self.page, self._words, parts[0]
        rule = self._rules.get(first["rule_id"])
        texts = rule_texts(rule, self._lang, self.run.as_of) if rule is not None else None
        effect = label(f"outputs.effect_{first['effect']}", self._lang)
        answer = label(f"outputs.answer_{first['answer']}", self._lang)
        title = texts.title if texts is not None else str(first["title"] or "")
        page.heading(f"[{effect} · {answer}] {title} ({first['rule_id']})", self._level + 1)
        page.points([measured(part, self.run, self._lang) for part in parts])
        causes = list(dict.fromkeys(c for part in parts for c in str(part["cause"] or "").split(";") if c))
        if causes:
            page.say("", lead=label("map.why_maybe", self._lang), holds=True)
            page.points([words("why", why=why, settle=settle) for why, settle in self._causes(causes)])
        readings = list(dict.fromkeys(r for part in parts for r in str(part["readings"] or "").split(";") if r))
        if readings:
            page.say("", lead=words("hangs"), holds=True)
            page.points([reading(one, self.run, self._lang) for one in readings])
        if first["exemption"]:
            claimed = first["answer"] == "lifted"
            # The words of the rule, not of the row: a report may be in another language than the result.
            exemption = str(first["exemption"])
            if texts is not None:
                exemption = texts.claimed if claimed else texts.claimable
            page.say(exemption, lead=words("claimed" if claimed else "claimable"))
        if texts is not None:
            page.say(texts.clause, lead=words("clause"), holds=True)
            page.quote(texts.quote)
            if texts.basis:
                page.say(texts.basis, lead=words("basis"))

    def _causes(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        for name in names:
            yield cause(name, self.run, self._lang)

    def _unchecked(self, rule_id: str) -> str:
        rule = self._rules.get(rule_id)
        title = rule.title[self._lang] if rule is not None else ""
        layers = ", ".join(layer_title(layer, self.run, self._lang) for layer in self.run.unchecked.get(rule_id, ()))
        return f"{title} ({rule_id}){': ' if layers else ''}{layers}"

    def _units(self, site: Row) -> None:
        """Tell the units of a site with their access lists."""
        layer = self.run.layers.get(UNIT_LAYER)
        codes = [code for name in ("units", "units_maybe") for code in str(site[name] or "").split(";") if code]
        if layer is None or not codes:
            return
        page = self.page
        page.heading(self._words("units"), self._level + 1)
        column = layer.fields.get("code", layer.fields["id"])
        for code in codes:
            maybe = code in str(site["units_maybe"] or "").split(";")
            page.say(self._words("unit_maybe") if maybe else "", lead=f"{code} ")
            at = next((i for i, value in enumerate(column) if str(value) == code), None)
            items = [] if at is None else [
                f"{label(f'map.dimension_{name}', self._lang)}: {layer.fields[name][at]}"
                for name in DIMENSIONS
                if name in layer.fields and layer.fields[name][at]
            ]  # fmt: skip
            page.points(items)

    def _layers(self, used: set[str] | None) -> None:
        words = self._words
        ids = sorted(self.run.layers)
        shown = ids if used is None else [layer_id for layer_id in ids if layer_id in used]
        others = [self.run.layers[layer_id].title[self._lang] for layer_id in ids if layer_id not in shown]
        if not ids:
            return
        self.page.heading(words("layers"), 1)
        rows = []
        for layer_id in shown:
            layer = self.run.layers[layer_id]
            valid = f"{layer.valid_from or '…'} – {layer.valid_to or '…'}"
            accuracy = f"{layer.accuracy_m:g}" + ("" if layer.accuracy_stated else words("assumed"))
            told = words("indicative") if layer.indicative else ""
            rows.append((layer.title[self._lang], layer_id, accuracy, valid, told or str(layer.source or "")))
        head = [words(f"layer_{name}") for name in ("title", "id", "accuracy", "valid", "note")]
        if rows:
            self.page.table(head, rows, (3.9, 3.7, 2.1, 3.7, 3.6), {})
        if others:
            self.page.say(words("comma").join(others), lead=words("layers_beside"))

    def _unasked(self) -> None:
        page, words = self.page, self._words
        if not self.run.unchecked and not self.run.missing_layers:
            return
        page.heading(words("unasked"), 1)
        page.say(words("unasked_told"))
        asked = self.run.unchecked or {
            rule: (layer,) for layer, rules in self.run.missing_layers.items() for rule in rules
        }
        page.points([self._unasked_line(rule, layers) for rule, layers in sorted(asked.items())])

    def _unasked_line(self, rule_id: str, layers: Sequence[str]) -> str:
        rule = self._rules.get(rule_id)
        title = rule.title[self._lang] if rule is not None else ""
        return f"{title} ({rule_id}): {', '.join(layer_title(layer, self.run, self._lang) for layer in layers)}"

    def _everywhere(self, *, quoted: bool) -> None:
        rules = [self._rules[one] for one in self.run.everywhere if one in self._rules]
        if not rules:
            return
        self.page.heading(self._words("everywhere"), 1)
        told = [f"{rule.title[self._lang]} ({rule.id})" for rule in rules]
        if quoted:
            told = [f"{words}: {rule.source.quote}" for words, rule in zip(told, rules, strict=True)]
        self.page.points(told)

    def _hashes(self, used: set[str] | None) -> None:
        page, words = self.page, self._words
        page.heading(words("hashes"), 1)
        lines = []
        inputs = self.run.facts.get("inputs")
        for one in inputs if isinstance(inputs, Sequence) else []:
            if isinstance(one, Mapping):
                lines += [f"{Path(str(one.get('path', ''))).name}: SHA-256 {one.get('sha256', '')}"]
        catalog = self.run.facts.get("catalog")
        if isinstance(catalog, Mapping):
            lines.append(f"{catalog.get('path', '')}: SHA-256 {catalog.get('sha256', '')}")
        files = {(layer.path, layer.file_hash) for name, layer in self.run.layers.items() if name in (used or ())}
        lines += [f"{path}: SHA-256 {sha256}" for path, sha256 in sorted(files) if sha256]
        page.points(lines)
        page.say(words("more_hashes"), grey=True)


def _id(site: Row) -> str:
    return str(site["site_id"] or "") or f"#{site['row']}"
