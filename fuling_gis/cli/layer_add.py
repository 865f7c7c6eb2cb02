"""How a file becomes a layer: shows what was found, asks what only a person knows, and has the entry written."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from fuling_gis.cli.terminal import Terminal
from fuling_gis.errors import UsageError
from fuling_gis.layers.add import Manner, Said, add_layer, refuse_unfit
from fuling_gis.layers.catalog import OWN
from fuling_gis.layers.propose import Proposal, kind_of, layers_of, propose
from fuling_gis.layers.schema import kinds
from fuling_gis.workspace import Workspace

Answer = TypeVar("Answer")
# What stands for "nothing" where a person answers.
NOTHING = "-"


@dataclass(frozen=True)
class Wanted:
    """What the options of the command say; None and empty are to be asked."""

    layer_id: str
    layer: str | None = None
    encoding: str | None = None
    # Schema field to column, in place of what is proposed.
    fields: Mapping[str, str] = field(default_factory=dict)
    # Schema field to the file's own values and what each means.
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    accuracy_m: float | None = None
    covers: str | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    crs: str | None = None
    source: str = ""
    indicative: bool = False
    copied: bool = False
    # What the file is to the layer.
    entry: Manner = "new"
    # `ask` a person, `take` what is proposed, or `refuse` where something must be known.
    manner: Literal["ask", "take", "refuse"] = "ask"


def add(terminal: Terminal, workspace: Workspace, file: Path, wanted: Wanted) -> None:
    """Add a file to a workspace as a layer, and tell what it became.

    Raises UsageError where something must be known and nobody can be asked.
    """
    kind_of(wanted.layer_id)
    refuse_unfit(workspace.catalog.layers, wanted.layer_id, wanted.entry, workspace.catalog.path)
    asking = wanted.manner == "ask"
    if wanted.layer is None and len(inside := layers_of(file)) > 1:
        if not asking:
            raise UsageError(terminal.words("add_layer_unsaid", file=file, layers=", ".join(inside)))
        terminal.list(terminal.words("add_layers_inside"), [("", name) for name in inside])
        wanted = replace(wanted, layer=_answer(terminal, "add_which_layer", inside[0], _one_of(inside)))
    proposal = propose(file, wanted.layer_id, layer=wanted.layer, encoding=wanted.encoding)
    _show(terminal, proposal)
    said = _asked(terminal, workspace, proposal, wanted) if asking else _taken(terminal, workspace, proposal, wanted)
    path = workspace.catalog.path
    catalog, layer = add_layer(path, proposal, said, copied=wanted.copied, manner=wanted.entry)
    with terminal.standing(catalog.path):
        terminal.line()
        terminal.line(terminal.words("add_done", layer=wanted.layer_id, catalog=catalog.path))
        if layer is not None:
            terminal.line(terminal.words("add_loaded", n=len(layer.geometry)))
            for notice in layer.notices:
                terminal.line("! " + notice[terminal.lang])
        terminal.line(terminal.words("add_next"))


def _show(terminal: Terminal, proposal: Proposal) -> None:
    lang = terminal.lang
    shapes = ", ".join(f"{name} {n:,}" for name, n in proposal.geometry.items() if n)
    crs = proposal.crs or NOTHING
    rows = [
        ("file", f"{proposal.file}::{proposal.layer}" if proposal.layer else str(proposal.file)),
        ("rows", f"{proposal.rows:,} ({shapes})"),
        ("encoding", f"{proposal.encoding} ({proposal.encoding_why.get(lang, '')})"),
        ("crs", f"{crs} ({proposal.crs_why.get(lang, '')})"),
        *(("notice", note.get(lang, "")) for note in proposal.notes),
    ]
    title = f"{proposal.kind.id}  {proposal.kind.title[lang]}"
    terminal.list(title, [(terminal.words(f"facet_{name}"), text) for name, text in rows])
    taken = {column: name for name, column in proposal.fields.items()}
    columns = [
        (column.name, taken.get(column.name, ""), ", ".join(column.examples) or NOTHING) for column in proposal.columns
    ]
    terminal.list(terminal.words("head_columns"), columns)
    for name, values in proposal.values.items():
        counted = [
            (value.text or terminal.words("empty"), f"{value.count:,}", value.meaning or terminal.words("in_doubt"))
            for value in values
        ]
        terminal.list(terminal.words("head_values", field=name), counted)


def _taken(terminal: Terminal, workspace: Workspace, proposal: Proposal, wanted: Wanted) -> Said:
    """Take what is proposed for all that the options leave open."""
    needed = {
        "--accuracy": wanted.accuracy_m is None,
        "--covers": wanted.covers is None,
        "--crs": wanted.crs is None and not proposal.crs,
    }
    # What can be proposed is taken where that was said; a coordinate system never is.
    must = needed if wanted.manner == "refuse" else ("--crs",)
    missing = [option for option in must if needed[option]]
    if missing:
        options = ", ".join(missing)
        if "--crs" not in missing:
            raise UsageError(terminal.words("add_unsaid", options=options))
        guesses = ", ".join(proposal.crs_options) or NOTHING
        raise UsageError(terminal.words("add_crs_unsaid", options=options, crs=guesses))
    covers = _usual_cover(workspace, proposal) if wanted.covers is None else wanted.covers
    return _said(proposal, wanted, wanted.fields, wanted.values, covers=covers)


def _asked(terminal: Terminal, workspace: Workspace, proposal: Proposal, wanted: Wanted) -> Said:
    """Ask a person all that the options leave open."""
    fields = _asked_fields(terminal, proposal, wanted.fields)
    values = _asked_values(terminal, proposal, fields, wanted.values)
    if wanted.crs is None and not proposal.crs:
        usual = proposal.crs_options[0] if proposal.crs_options else ""
        wanted = replace(wanted, crs=_answer(terminal, "add_crs", usual, str))
    if wanted.accuracy_m is None:
        wanted = replace(wanted, accuracy_m=_answer(terminal, "add_accuracy", NOTHING, _metres))
    if wanted.valid_from is None:
        wanted = replace(wanted, valid_from=_answer(terminal, "add_valid_from", NOTHING, _day))
    covers = wanted.covers
    if covers is None:
        covers = _answer(terminal, "add_covers", _usual_cover(workspace, proposal), _one_of([OWN, NOTHING, *kinds()]))
    return _said(proposal, wanted, fields, values, covers=covers)


def _asked_fields(terminal: Terminal, proposal: Proposal, said: Mapping[str, str]) -> dict[str, str]:
    """Ask which column each field is; NOTHING stands for none."""
    known = _one_of([*(column.name for column in proposal.columns), NOTHING])
    fields = dict(said)
    for name, one in proposal.kind.fields.items():
        if name not in fields:
            title = f"{name} ({one.title[terminal.lang]})"
            usual = proposal.fields.get(name, NOTHING)
            fields[name] = _answer(terminal, "add_which_column", usual, known, field=title)
    return fields


def _asked_values(
    terminal: Terminal, proposal: Proposal, fields: Mapping[str, str], said: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Ask what the values mean that no schema knows, in the columns that were proposed and taken."""
    values = {name: dict(meanings) for name, meanings in said.items()}
    for name, found in proposal.values.items():
        allowed = proposal.kind.fields[name].allowed
        unknown = [value.text for value in found if value.text and value.meaning is None]
        for text in unknown if fields[name] == proposal.fields[name] else ():
            if text not in values.get(name, {}):
                question = {"field": name, "text": text, "allowed": ", ".join(allowed)}
                meaning = _answer(terminal, "add_which_value", NOTHING, _one_of([*allowed, NOTHING]), **question)
                values.setdefault(name, {})[text] = meaning
    return {
        name: {text: meaning for text, meaning in meanings.items() if meaning != NOTHING}
        for name, meanings in values.items()
    }


def _said(
    proposal: Proposal,
    wanted: Wanted,
    fields: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]],
    *,
    covers: str,
) -> Said:
    chosen = {**proposal.fields, **fields}
    return Said(
        fields={name: column for name, column in chosen.items() if column != NOTHING},
        values=values,
        accuracy_m=wanted.accuracy_m,
        covers="" if covers == NOTHING else covers,
        valid_from=wanted.valid_from,
        valid_to=wanted.valid_to,
        crs=wanted.crs or "",
        source=wanted.source,
        indicative=wanted.indicative,
    )


def _usual_cover(workspace: Workspace, proposal: Proposal) -> str:
    """Offer the jurisdiction where there is one: most official layers are complete for the district."""
    there = workspace.jurisdiction in workspace.catalog.layers
    return workspace.jurisdiction if there and proposal.kind.id != workspace.jurisdiction else OWN


def _answer(terminal: Terminal, question: str, usual: str, read: Callable[[str], Answer], **values: object) -> Answer:
    """Ask until the answer can be read; an empty line takes what is usual."""
    while True:
        said = terminal.ask(terminal.words(question, **values), usual)
        try:
            return read(said)
        except ValueError as error:
            entry = _WANTED.get(read)
            why = terminal.words(entry) if entry else error
            terminal.fault(terminal.words("add_again", answer=said, why=why))


def _one_of(allowed: list[str] | tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(", ".join(allowed))
        return text

    return read


def _metres(text: str) -> float | None:
    if text == NOTHING:
        return None
    metres = float(text)
    if not 0 <= metres < math.inf:
        raise ValueError(text)
    return metres


def _day(text: str) -> dt.date | None:
    return None if text == NOTHING else dt.date.fromisoformat(text)


# Way of reading an answer to the entry that says what it should have been; the others say what is allowed.
_WANTED: Final[Mapping[Callable[[str], Any], str]] = {_metres: "no_number", _day: "no_date"}
