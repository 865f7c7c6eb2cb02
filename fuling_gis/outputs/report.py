"""report.docx: what was asked, what was found and why, for the file.

Written from the finished GeoParquet files. A few sites are told in full, with maps; many in full without; of more than
that the worst are told and all are counted, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from fuling_gis.labels import Lang, label, short
from fuling_gis.outputs.limits import limits
from fuling_gis.outputs.palette import colour, verdict_name
from fuling_gis.outputs.parquet import GEOMETRY, Layer, parquet_path
from fuling_gis.outputs.report_map import chinese_font, draw, ground_of
from fuling_gis.outputs.report_page import Page
from fuling_gis.outputs.tally import Tally
from fuling_gis.outputs.told import area, cause, layer_title, measured, metres, reading
from fuling_gis.overlay.result import Run
from fuling_gis.overlay.texts import rule_texts
from fuling_gis.overlay.units import DIMENSIONS, UNIT_LAYER
from fuling_gis.rules.model import Rule
from fuling_gis.verdicts import LEVELS, ORDER, VERDICTS

NAME: Final = "report.docx"
# Sites that get maps, sites that get a section of their own, and rows of the table of sites; the worst first.
MAPPED: Final = 4
TOLD: Final = 30
# Of so few sites all have maps.
FEW: Final = 10
LISTED: Final = 500
# Rows read at a time.
_ROWS: Final = 65_536
# Rules of a site named in the table of sites.
_NAMED: Final = 6
_BY: Final = ("prohibited_by", "exit_by", "restricted_by", "lifted_by", "advised_by", "maybe_by", "unchecked_by")
_RANK: Final = {verdict: place for place, verdict in enumerate((*ORDER, "rejected"))}
Row = Mapping[str, Any]


class Pieces(Protocol):
    """Gives the rows of sites or findings, some at a time, without some of their columns."""

    def __call__(self, layer: Layer, without: Sequence[str] = (), /) -> Iterator[pa.Table]:
        """Give them."""
        ...


class Counted(Protocol):
    """How many sites there are, in all and by verdict, worst first."""

    @property
    def rows(self) -> int:
        """All of them."""
        ...

    def verdicts(self) -> dict[str, int]:
        """By verdict."""
        ...

    def possible(self) -> dict[str, int]:
        """By the worst possible verdict."""
        ...


def write_report(folder: Path, run: Run, tally: Tally, *, zone_geometry: bool = True) -> None:
    """Make report.docx in a folder from the GeoParquet files there.

    zone_geometry: its maps may hold outlines of layers; without them there are no maps.
    """
    report_of(partial(parquet_pieces, folder), run, tally, zone_geometry=zone_geometry).save(folder / NAME)


def report_of(pieces: Pieces, run: Run, counts: Counted, *, every: bool = True, zone_geometry: bool = True) -> Page:
    """Make a report of all sites that are given.

    every: they are all sites of the check, and not some of them; the run says nothing of others then, see
    `retold`. zone_geometry: as for `write_report`.
    """
    sites = _worst(pieces, LISTED)
    told = [site for site in sites if site["verdict"] != "outside" or not every][:TOLD]
    findings = _findings(pieces, {site["row"] for site in sites})
    return _Report(run, counts, every=every, drawn=zone_geometry).write(sites, told, findings)


def _worst(pieces: Pieces, most: int) -> list[Row]:
    """Give the worst sites, in input order among equals, without reading more than a piece at a time."""
    kept: pa.Table | None = None
    for piece in pieces("sites"):
        both = piece if kept is None else pa.concat_tables([kept, piece])
        rank = [_rank(both[name].to_pylist()) for name in ("possible", "verdict")]
        kept = both.take(np.lexsort((both["row"].to_numpy(), *rank))[:most])
    return [] if kept is None else list(kept.to_pylist())


def _rank(verdicts: Sequence[str]) -> np.ndarray:
    # What could not be read stands with what is undecided: somebody must look at it.
    return np.array([_RANK.get(verdict, 0) if verdict != "rejected" else _RANK["undecided"] for verdict in verdicts])


def _findings(pieces: Pieces, rows: set[int]) -> dict[int, list[Row]]:
    """Give the findings of some sites, by row."""
    found: dict[int, list[Row]] = {row: [] for row in rows}
    wanted = pa.array(sorted(rows), pa.int64())
    for piece in pieces("findings", (GEOMETRY,)):
        for finding in piece.filter(pc.is_in(piece["row"].cast(pa.int64()), wanted)).to_pylist():
            found[finding["row"]].append(finding)
    return found


def parquet_pieces(folder: Path, layer: Layer, without: Sequence[str] = ()) -> Iterator[pa.Table]:
    """Give the rows of a GeoParquet file of results, some at a time."""
    with pq.ParquetFile(parquet_path(folder, layer)) as source:
        columns = [name for name in source.schema_arrow.names if name not in without]
        for batch in source.iter_batches(_ROWS, columns=columns):
            yield pa.Table.from_batches([batch])


@dataclass
class _Report:
    run: Run
    tally: Counted
    every: bool
    # Whether there are maps.
    drawn: bool

    def __post_init__(self) -> None:
        self._lang: Lang = self.run.lang
        self._page = Page(self._lang)
        self._ground = ground_of(self.run, np.array([shapely.box(0, 0, 1, 1)], dtype=object))
        self._rules: dict[str, Rule] = {rule.id: rule for rule in self.run.rules}

    def write(self, sites: Sequence[Row], told: Sequence[Row], findings: Mapping[int, Sequence[Row]]) -> Page:
        """Write everything and give the page."""
        page, words = self._page, self._words
        page.properties(words("title"), limits()[self._lang])
        page.footer(words("footer"))
        page.title(words("title"))
        workspace = str(self.run.facts.get("workspace", ""))
        page.say(words("asked", workspace=workspace, day=self.run.as_of, rules=len(self.run.rules), crs=self.run.crs))
        page.say(limits()[self._lang], loud=True)
        if not self.every:
            page.say(words("some"), grey=True)
        self._summary(sites)
        if told:
            page.heading(words("sites_told"), 1, fresh=True)
            if len(told) < self.tally.rows:
                page.say(words("told_part", n=len(told), all=self.tally.rows), grey=True, holds=True)
            if not self.drawn:
                page.say(words("no_maps"), grey=True, holds=True)
            elif chinese_font() is None:
                page.say(words("no_font"), grey=True, holds=True)
        for number, site in enumerate(told):
            self._site(site, findings[site["row"]], mapped=self.drawn and (number < MAPPED or self.tally.rows <= FEW))
        self._layers()
        self._unasked()
        self._everywhere()
        self._hashes()
        whole = {site["row"] for site in told}
        self._annex([site for site in sites if site["row"] not in whole], findings)
        return page

    def _words(self, entry: str, **values: object) -> str:
        return label(f"report.{entry}", self._lang, **values)

    def _summary(self, sites: Sequence[Row]) -> None:
        page, words = self._page, self._words
        page.heading(words("summary"), 1)
        verdicts, possible = self.tally.verdicts(), self.tally.possible()
        shown = [verdict for verdict in VERDICTS if verdicts.get(verdict) or possible.get(verdict)]
        rows = [
            (verdict_name(v, self._lang), f"{verdicts.get(v, 0):,}", f"{possible.get(v, 0):,}", words(f"means_{v}"))
            for v in shown
        ]
        rows.append((words("total"), f"{self.tally.rows:,}", f"{self.tally.rows:,}", ""))
        head = [words(f"count_{name}") for name in ("verdict", "sites", "possible", "meaning")]
        fills = {(at, 0): colour(verdict) for at, verdict in enumerate(shown)}
        page.table(head, rows, (3.2, 2.2, 3.0, 8.6), fills)
        if self.run.notices:
            page.heading(words("notices"), 2)
            page.points([notice[self._lang] for notice in self.run.notices])
        page.heading(words("list"), 2)
        if len(sites) < self.tally.rows:
            page.say(words("listed_part", n=len(sites), all=self.tally.rows), grey=True)
        listed = []
        for site in sites:
            rules = [rule for name in _BY for rule in str(site[name] or "").split(";") if rule]
            named = ", ".join(rules[:_NAMED]) + (f" +{len(rules) - _NAMED}" if len(rules) > _NAMED else "")
            both = (verdict_name(site["verdict"], self._lang), verdict_name(site["possible"], self._lang))
            listed.append((_id(site), short(site["name"]), *both, named or str(site["problem"] or "")))
        head = [words(f"list_{name}") for name in ("id", "name", "verdict", "possible", "rules")]
        fills = {(at, 2): colour(site["verdict"]) for at, site in enumerate(sites)}
        page.table(head, listed, (2.2, 4.6, 2.4, 2.4, 5.4), fills)

    def _site(self, site: Row, findings: Sequence[Row], *, mapped: bool) -> None:
        page, words = self._page, self._words
        page.heading(f"{_id(site)}  {short(site['name'])}".strip(), 2)
        verdict = verdict_name(site["verdict"], self._lang)
        page.say(verdict, lead=words("verdict"), bold=True, holds=True)
        if site["possible"] != site["verdict"]:
            page.say(verdict_name(site["possible"], self._lang), lead=words("possible"), holds=True)
        page.say(words(f"means_{site['verdict']}"), grey=True, holds=True)
        facts = list(self._facts(site))
        if facts:
            page.say("; ".join(facts), holds=mapped)
        if site["problem"]:
            page.say(str(site["problem"]), lead=words("problem"))
        if mapped and site[GEOMETRY]:
            self._map(site, findings)
        for parts in _by_rule(findings):
            self._finding(parts)
        if site["unchecked_by"]:
            page.heading(words("unchecked"), 3)
            page.points([self._unchecked(rule) for rule in str(site["unchecked_by"]).split(";")])
        if site["depends_on"]:
            page.heading(words("depends"), 3)
            page.points([reading(one, self.run, self._lang) for one in str(site["depends_on"]).split(";")])
        self._units(site)

    def _annex(self, sites: Sequence[Row], findings: Mapping[int, Sequence[Row]]) -> None:
        """Tell the sites that have no section of their own, a line for each rule."""
        sites = [site for site in sites if findings[site["row"]]]
        if not sites:
            return
        page, words = self._page, self._words
        page.heading(words("annex"), 1)
        page.say(words("annex_told"), grey=True)
        for site in sites:
            verdicts = dict.fromkeys(verdict_name(site[name], self._lang) for name in ("verdict", "possible"))
            page.say(" → ".join(verdicts), lead=f"{_id(site)}  {short(site['name'])}".strip() + "  ", holds=True)
            page.points([self._line(parts) for parts in _by_rule(findings[site["row"]])])

    def _line(self, parts: Sequence[Row]) -> str:
        """Say in a line what a rule says of a site, and why if that is a maybe."""
        told = "; ".join(measured(part, self.run, self._lang) for part in parts)
        why = "; ".join(why for why, _ in self._causes(_named(parts, "cause")))
        return f"{self._headline(parts[0])}: {told}" + (f" ({why})" if why else "")

    def _headline(self, first: Row) -> str:
        rule = self._rules.get(first["rule_id"])
        title = rule.title[self._lang] if rule is not None else str(first["title"] or "")
        effect = label(f"outputs.effect_{first['effect']}", self._lang)
        answer = label(f"outputs.answer_{first['answer']}", self._lang)
        return f"[{effect} · {answer}] {title} ({first['rule_id']})"

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
        self._page.picture(png, self._words("map_told", name=short(site["name"]) or _id(site)))

    def _finding(self, parts: Sequence[Row]) -> None:
        page, words, first = self._page, self._words, parts[0]
        rule = self._rules.get(first["rule_id"])
        texts = rule_texts(rule, self._lang, self.run.as_of) if rule is not None else None
        page.heading(self._headline(first), 3)
        page.points([measured(part, self.run, self._lang) for part in parts])
        causes = _named(parts, "cause")
        if causes:
            page.say("", lead=label("map.why_maybe", self._lang), holds=True)
            page.points([words("why", why=why, settle=settle) for why, settle in self._causes(causes)])
        readings = _named(parts, "readings")
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
        page = self._page
        page.heading(self._words("units"), 3)
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

    def _layers(self) -> None:
        words = self._words
        self._page.heading(words("layers"), 1)
        rows = []
        for layer_id in sorted(self.run.layers):
            layer = self.run.layers[layer_id]
            dated = layer.valid_from or layer.valid_to
            valid = f"{layer.valid_from or '…'} – {layer.valid_to or '…'}" if dated else words("undated")
            accuracy = f"{layer.accuracy_m:g}" + ("" if layer.accuracy_stated else words("assumed"))
            told = words("indicative") if layer.indicative else ""
            rows.append((layer.title[self._lang], layer_id, accuracy, valid, told or str(layer.source or "")))
        head = [words(f"layer_{name}") for name in ("title", "id", "accuracy", "valid", "note")]
        self._page.table(head, rows, (3.8, 3.8, 2.1, 4.3, 3.0), {})

    def _unasked(self) -> None:
        page, words = self._page, self._words
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

    def _everywhere(self) -> None:
        if not self.run.everywhere:
            return
        self._page.heading(self._words("everywhere"), 1)
        self._page.points([f"{self._rules[one].title[self._lang]} ({one}): {self._rules[one].source.quote}"
                           for one in self.run.everywhere if one in self._rules])  # fmt: skip

    def _hashes(self) -> None:
        """Tell the files by their hashes."""
        page, words = self._page, self._words
        page.heading(words("hashes"), 1)
        inputs = self.run.facts.get("inputs")
        lines = [
            f"{Path(str(one.get('path', ''))).name}: SHA-256 {one.get('sha256', '')}"
            for one in (inputs if isinstance(inputs, Sequence) else [])
            if isinstance(one, Mapping)
        ]
        catalog = self.run.facts.get("catalog")
        if isinstance(catalog, Mapping):
            lines.append(f"{catalog.get('path', '')}: SHA-256 {catalog.get('sha256', '')}")
        page.points(lines)
        page.say(words("more_hashes"), grey=True)


def _by_rule(findings: Sequence[Row]) -> list[list[Row]]:
    """Put the findings of each rule together, rules in the order in which they come."""
    found: dict[str, list[Row]] = {}
    for finding in findings:
        found.setdefault(finding["rule_id"], []).append(finding)
    return list(found.values())


def _named(parts: Sequence[Row], column: str) -> list[str]:
    """Give the names listed in a column of some findings, each once."""
    return list(dict.fromkeys(name for part in parts for name in str(part[column] or "").split(";") if name))


def _id(site: Row) -> str:
    return short(site["site_id"]) or f"#{site['row']}"
