"""A rule in words for people: who, where, readings, exemptions, clause, basis and dates, in one of two languages.

Plain lines, no markup: the command line, the report and the documentation print them each in their own way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from fuling_gis.activities import activities
from fuling_gis.facts import facts
from fuling_gis.labels import Lang, label
from fuling_gis.natures import natures
from fuling_gis.rules.model import (
    AllOf,
    AnyOf,
    Ask,
    Basis,
    Duty,
    Exemption,
    FactTest,
    FieldTest,
    Joined,
    Not,
    Overlap,
    Party,
    Reading,
    ReadingValue,
    Rule,
    Selection,
    Where,
    Zone,
)
from fuling_gis.rules.views import view_of

_COMMA: Mapping[str, str] = {"zh": "、", "en": ", "}
_STOP: Mapping[str, str] = {"zh": "；", "en": "; "}


@dataclass(frozen=True)
class Line:
    """One line of a description; a line that goes on with the one above has the same heading."""

    heading: str
    text: str


def describe(
    rule: Rule,
    readings: Mapping[str, Reading],
    lang: Lang,
    *,
    day: dt.date | None = None,
    layer_titles: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[Line, ...]:
    """Say everything about a rule.

    readings: those the rule set declares.
    day: the day asked; what is not in force on it is said to be so. None says nothing of it.
    layer_titles: names of layers for people; ids stand where there is none.
    """
    titles = {key: words[lang] for key, words in (layer_titles or {}).items()}
    found = [("id", rule.id), ("title", rule.title[lang]), ("effect", label(f"rules.effect.{rule.effect}", lang))]
    found += [("who", text) for text in by_reading(rule, readings, lang, lambda duty: who_words(duty.who, lang))]
    if rule.everywhere:
        found += [("where", label("rules.everywhere", lang))]
    else:
        places = by_reading(rule, readings, lang, lambda duty: where_words(duty.where, lang, titles))
        found += [("where", text) for text in places]
    found += [("readings", text) for key in rule.readings for text in reading_words(readings[key], lang)]
    found += [("unless", exemption_words(entry, lang)) for entry in rule.unless]
    found += [("clause", rule.clause), ("quote", rule.source.quote)]
    found += [("basis", text) for entry in rule.basis for text in _basis_lines(entry, lang, day)]
    found += [("dates", _with_day(span_words(rule.valid_from, rule.valid_to, lang), rule.in_force, lang, day))]
    if day is not None and rule.in_force(day) and before_document(rule, day):
        found += [("dates", label("rules.law_alone", lang, day=day, issued=rule.source.issued))]
    found += [("note", rule.note[lang])] if rule.note else []
    found += [("file", rule.place)]
    return tuple(Line(label(f"rules.{key}", lang), text) for key, text in found)


def before_document(rule: Rule, day: dt.date) -> bool:
    """Tell whether a day comes before the document that the rule quotes, when only the law said the same."""
    return bool(rule.basis) and rule.source.issued is not None and day < rule.source.issued


def who_words(who: Iterable[Party], lang: Lang) -> str:
    """Say whom a rule binds."""
    return f" {label('rules.ask.any', lang).strip()} ".join(_party(party, lang) for party in who)


def where_words(where: Where | None, lang: Lang, titles: Mapping[str, str] | None = None) -> str:
    """Say where a rule holds; titles: names of layers in the language asked."""
    return label("rules.whole_district", lang) if where is None else _where(where, lang, titles or {})


def exemption_words(entry: Exemption, lang: Lang) -> str:
    """Say what lifts a rule, what must be proved, and by which law."""
    values = {"title": entry.title[lang], "fact": entry.fact, "prove": entry.prove[lang]}
    parts = [label("rules.exemption", lang, **values)]
    if entry.natures:
        parts.append(label("rules.exemption_nature", lang, natures=_natures(entry.natures, lang)))
    if entry.source:
        parts.append(label("rules.exemption_source", lang, source=entry.source))
    return _STOP[lang].join(parts)


def basis_words(entry: Basis, lang: Lang, day: dt.date | None = None) -> str:
    """Name a law with its article, its dates, what took its place, and whether it was confirmed."""
    name = entry.law
    if entry.article:
        name += ("" if lang == "zh" else " ") + label("rules.article", lang, article=entry.article)
    parts = [name]
    if entry.valid_from or entry.valid_to:
        parts.append(span_words(entry.valid_from, entry.valid_to, lang))
    if day is not None and entry.valid_from is not None and day < entry.valid_from:
        parts.append(label("rules.not_in_force", lang, day=day))
    if entry.succeeded_by and (day is None or (entry.valid_to is not None and day > entry.valid_to)):
        parts.append(label("rules.succeeded", lang, law=entry.succeeded_by))
    if day is not None and entry.numbered_otherwise(day):
        parts.append(label("rules.older_text", lang, day=entry.text_of))
    if not entry.confirmed:
        parts.append(label("rules.unconfirmed", lang))
    return _STOP[lang].join(parts)


def span_words(first: dt.date | None, last: dt.date | None, lang: Lang) -> str:
    """Say from when until when, both ends inclusive."""
    parts = [label("rules.from", lang, day=first)] if first else []
    parts += [label("rules.to", lang, day=last)] if last else []
    return " ".join(parts) or label("rules.always", lang)


def reading_words(reading: Reading, lang: Lang) -> Iterator[str]:
    """Say a reading's question, then each way to read it with who would argue it."""
    yield f"{reading.key}: {reading.question[lang]}"
    for key, value in reading.values.items():
        mark = label("rules.default", lang) if key == reading.default else ""
        parts = [f"  {reading.key}={key}{mark}: {value.title[lang]}"]
        if value.requires:
            parts.append(needs_words(value, lang))
        if value.argued_by:
            parts.append(label("rules.argued", lang, who=value.argued_by[lang]))
        yield _STOP[lang].join(parts)


def needs_words(value: ReadingValue, lang: Lang) -> str:
    """Say which layer a way of reading needs, and with what features."""
    having = ", ".join(map(_field, value.having))
    return label("rules.needs_layer", lang, layer=value.requires + (f"[{having}]" if having else ""))


def by_reading(rule: Rule, readings: Mapping[str, Reading], lang: Lang, words: Callable[[Duty], str]) -> Iterator[str]:
    """Say something of a rule under the defaults of its readings, then under each other value that changes it alone.

    What is the same under all readings is said once.
    """
    defaults = {key: readings[key].default for key in rule.readings}
    base = words(rule.duty(defaults))
    changed = [
        (key, value, text)
        for key in rule.readings
        for value in readings[key].values
        if (text := words(rule.duty({**defaults, key: value}))) != base
    ]
    if not changed:
        yield base
        return
    moved = " ".join(f"{key}={defaults[key]}" for key in dict.fromkeys(key for key, _, _ in changed))
    yield label("rules.under", lang, readings=moved, text=base)
    for key, value, text in changed:
        yield label("rules.under", lang, readings=f"{key}={value}", text=text)


def _party(party: Party, lang: Lang) -> str:
    parts = [_activities(party.activities, lang)] if party.activities else []
    parts += [_natures(party.natures, lang)] if party.natures else []
    parts += [text for test in party.facts for text in _fact(test, lang)]
    return _STOP[lang].join(parts) or label("rules.anyone", lang)


def _activities(keys: Iterable[str], lang: Lang) -> str:
    return _COMMA[lang].join(activities()[key].name[lang] for key in keys)


def _natures(keys: Iterable[str], lang: Lang) -> str:
    return _COMMA[lang].join(natures()[key][lang] for key in keys)


def _fact(test: FactTest, lang: Lang) -> Iterator[str]:
    fact = facts()[test.name]
    title = fact.title[lang]
    if test.equals is not None:
        yield label("rules.fact.is" if test.equals else "rules.fact.is_not", lang, title=title)
    if test.values:
        yield label("rules.fact.one_of", lang, title=title, values=_COMMA[lang].join(test.values))
    ends = (
        (test.minimum, "above" if test.open_minimum else "min"),
        (test.maximum, "below" if test.open_maximum else "max"),
    )
    for number, entry in ends:
        if number is not None:
            yield label(f"rules.fact.{entry}", lang, title=title, number=f"{number:g} {fact.unit}".strip())


def _where(where: Where, lang: Lang, titles: Mapping[str, str]) -> str:
    if isinstance(where, Ask):
        values = {"zone": _zone(where.zone, lang, titles), "metres": f"{where.within_m:g}"}
        if where.predicate == "visible_from":
            values["view"] = view_of(where.view).title[lang]
        entry = f"{where.predicate}_centre" if where.measured == "centre" else where.predicate
        return label(f"rules.ask.{entry}", lang, **values)
    if isinstance(where, Not):
        return label("rules.ask.not", lang, member=_where(where.member, lang, titles))
    joint = label("rules.ask.all" if isinstance(where, AllOf) else "rules.ask.any", lang)
    members = (
        f"({_where(member, lang, titles)})" if isinstance(member, (AllOf, AnyOf)) else _where(member, lang, titles)
        for member in where.members
    )
    return joint.join(members)


def _zone(zone: Zone, lang: Lang, titles: Mapping[str, str]) -> str:
    if isinstance(zone, Selection):
        tests = ", ".join(_field(test) for test in zone.tests)
        name = titles.get(zone.layer, zone.layer)
        return f"{name}[{tests}]" if tests else name
    joint = label("rules.zone.intersection" if isinstance(zone, Overlap) else "rules.zone.union", lang)
    members = (
        f"({_zone(member, lang, titles)})" if isinstance(member, (Overlap, Joined)) else _zone(member, lang, titles)
        for member in zone.members
    )
    return joint.join(members)


def _field(test: FieldTest) -> str:
    if test.values:
        return f"{test.field}={'/'.join(test.values)}"
    if test.minimum == test.maximum:
        return f"{test.field}={test.minimum:g}"
    low = "" if test.minimum is None else f"{test.minimum:g}≤"
    high = "" if test.maximum is None else f"≤{test.maximum:g}"
    return f"{low}{test.field}{high}"


def _basis_lines(entry: Basis, lang: Lang, day: dt.date | None) -> Iterator[str]:
    yield basis_words(entry, lang, day)
    if entry.quote:
        yield f"“{entry.quote}”"


def _with_day(text: str, in_force: Callable[[dt.date], bool], lang: Lang, day: dt.date | None) -> str:
    if day is None or in_force(day):
        return text
    return text + _STOP[lang] + label("rules.not_in_force", lang, day=day)
