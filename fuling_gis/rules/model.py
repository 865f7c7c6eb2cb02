"""What a rule is once it is read: frozen values, no file, no engine.

*Who* is bound and *where* together make a duty. Open terms are readings: a rule holds one duty for each combination
of the readings it hangs on, so whoever evaluates it never sees a switch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

Kind = TypeVar("Kind")

Predicate: TypeAlias = Literal["in", "near", "outside", "visible_from"]
# Where on the site a distance begins: at its nearest point, or at its centre.
Measured: TypeAlias = Literal["edge", "centre"]
# One value for each reading a rule hangs on, sorted by key.
Assignment: TypeAlias = tuple[tuple[str, str], ...]
# A text in both languages: {"zh": ..., "en": ...}.
Words: TypeAlias = Mapping[str, str]


def hashed_once(cls: type[Kind]) -> type[Kind]:
    """Let the values of a frozen class remember their hash: they are looked up thousands of times for each site.

    It is not copied with a value, for another process hashes texts otherwise.
    """
    whole = cls.__hash__

    def remembered(self: Kind) -> int:
        known = self.__dict__.get("_hash")
        if known is None:
            known = self.__dict__["_hash"] = whole(self)
        return int(known)

    def state(self: Kind) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name != "_hash"}

    setattr(cls, "__hash__", remembered)  # noqa: B010  a type's own method, set from outside
    setattr(cls, "__getstate__", state)  # noqa: B010
    return cls


@dataclass(frozen=True)
class FieldTest:
    """Which features of a layer are meant, by one field: one of `values`, or a number between the two ends."""

    field: str
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@hashed_once
@dataclass(frozen=True)
class Selection:
    """The features of one layer that pass all tests; all features where there is none."""

    layer: str
    tests: tuple[FieldTest, ...] = ()


@hashed_once
@dataclass(frozen=True)
class Overlap:
    """The ground common to all members (`intersection:`)."""

    members: tuple[Zone, ...]


@hashed_once
@dataclass(frozen=True)
class Joined:
    """The ground of any member (`union:`)."""

    members: tuple[Zone, ...]


Zone: TypeAlias = Selection | Overlap | Joined


@hashed_once
@dataclass(frozen=True)
class Ask:
    """One question about a site and a zone."""

    predicate: Predicate
    zone: Zone
    # Metres in the working CRS; 0 for every predicate but `near` and `visible_from`, where it is how far one looks.
    within_m: float = 0.0
    # How one looks, a key of views.yaml; "" is the usual way, and that of every other predicate.
    view: str = ""
    # `centre` only for `near`: the site's centroid must lie within the distance, too.
    measured: Measured = "edge"


@dataclass(frozen=True)
class AllOf:
    """Every member must hold."""

    members: tuple[Where, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one member must hold."""

    members: tuple[Where, ...]


@dataclass(frozen=True)
class Not:
    """The member must not hold."""

    member: Where


Where: TypeAlias = Ask | AllOf | AnyOf | Not


@dataclass(frozen=True)
class FactTest:
    """What a fact of the site must say: a truth value, one of some words, or a number between the two ends."""

    name: str
    equals: bool | None = None
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    # The minimum itself is excluded (`above:`), or the maximum (`below:`).
    open_minimum: bool = False
    open_maximum: bool = False


@hashed_once
@dataclass(frozen=True)
class Party:
    """Some of those whom a rule binds: activities, natures and facts that all hold. Empty means anyone."""

    activities: tuple[str, ...] = ()
    natures: tuple[str, ...] = ()
    facts: tuple[FactTest, ...] = ()


@dataclass(frozen=True)
class Duty:
    """Whom a rule binds and where, under one assignment of its readings."""

    # The rule binds a site that is any of these parties (FL-123 names two); never empty.
    who: tuple[Party, ...]
    # None: the whole district, no question of place.
    where: Where | None


@dataclass(frozen=True)
class Exemption:
    """What lifts a rule when it is claimed and proved."""

    fact: str
    title: Words
    # What must be proved for it to hold.
    prove: Words
    # The natures it can lift; empty means all.
    natures: tuple[str, ...] = ()
    # Law and article, or the plan's own word (擅自).
    source: str = ""


@dataclass(frozen=True)
class Source:
    """The sentence of a document that states the rule."""

    document: str
    chapter: str
    section: str
    quote: str
    # The day the document was issued, where the rule is older because a law said the same before.
    issued: dt.date | None = None


@dataclass(frozen=True)
class Basis:
    """The law behind a rule, with its own dates."""

    law: str
    article: str
    quote: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    # What took its place, where a later law did.
    succeeded_by: str = ""
    # False: not confirmed in a text at hand; every output says so.
    confirmed: bool = True
    # The day of the text that is quoted: before it the numbers of articles may have been others.
    text_of: dt.date | None = None

    def numbered_otherwise(self, day: dt.date) -> bool:
        """Tell whether a day comes before the text that the number of the article is taken from."""
        return bool(self.article) and self.text_of is not None and day < self.text_of


@dataclass(frozen=True)
class Rule:
    """One duty that a sentence ties to a place."""

    id: str
    title: Words
    effect: str
    source: Source
    # One duty for each combination of the values of `readings`; the only key is () without readings.
    duties: Mapping[Assignment, Duty]
    # Keys of the readings it hangs on, sorted; at most three.
    readings: tuple[str, ...] = ()
    unless: tuple[Exemption, ...] = ()
    basis: tuple[Basis, ...] = ()
    everywhere: bool = False
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    note: Words = field(default_factory=dict)
    # `file:line`, for messages.
    place: str = ""

    def duty(self, readings: Mapping[str, str]) -> Duty:
        """Give the duty under a choice of readings, which must name all the rule's own."""
        return self.duties[tuple((key, readings[key]) for key in self.readings)]

    def in_force(self, day: dt.date) -> bool:
        """Tell whether the rule is in force on a day, both ends included."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    @property
    def clause(self) -> str:
        """Name the clause for people: document, chapter and section."""
        return f"{self.source.document} {self.source.chapter} {self.source.section}".strip()


@dataclass(frozen=True)
class ReadingValue:
    """One defensible way to read an open term."""

    title: Words
    # A layer this way of reading needs; without it in the workspace the value is not tried.
    requires: str = ""
    argued_by: Words = field(default_factory=dict)
    # What at least one feature of that layer must surely be; without such a feature the value is not tried either.
    having: tuple[FieldTest, ...] = ()


@dataclass(frozen=True)
class Reading:
    """An open term of the law as a named switch."""

    key: str
    question: Words
    default: str
    values: Mapping[str, ReadingValue]
    # The value in force wherever the layer that it needs is there, unless another is chosen; "" is none.
    wins: str = ""
    # Whether the default stays in force where its layer is missing: its rules are then unchecked, and no narrower
    # reading answers in its place.
    stays: bool = False


@dataclass(frozen=True)
class NotDecidable:
    """A sentence of the plan that no site can be tested against, and why."""

    id: str
    # behaviour | target | programme | no_delimitation
    kind: str
    quote: str
    reason: Words


@dataclass(frozen=True)
class DatedNotice:
    """A sentence that every output of a run dated after a day carries."""

    after: dt.date
    text: Words
    # The document that it is about, as rules quote it.
    document: str = ""


@dataclass(frozen=True)
class RuleSet:
    """All that was read from the rule files."""

    rules: tuple[Rule, ...]
    readings: Mapping[str, Reading]
    not_decidable: tuple[NotDecidable, ...] = ()
    # File name to SHA-256 of its bytes.
    hashes: Mapping[str, str] = field(default_factory=dict)
    # What runs after a certain day must say: the plan's own period is over.
    notices: tuple[DatedNotice, ...] = ()

    def notices_on(self, day: dt.date, rules: Iterable[Rule] | None = None) -> tuple[Words, ...]:
        """Give the sentences that a run of a day must carry.

        rules: some of the rules; then only what is said of the documents they quote.
        """
        quoted = None if rules is None else {rule.source.document for rule in rules}
        due = (notice for notice in self.notices if day > notice.after)
        return tuple(notice.text for notice in due if quoted is None or notice.document in quoted)

    def rule(self, rule_id: str, day: dt.date | None = None) -> Rule:
        """Give one rule; KeyError if there is none.

        day: of several versions the one in force on it is meant, else the last in the file.
        """
        versions = [rule for rule in self.rules if rule.id == rule_id]
        if not versions:
            raise KeyError(rule_id)
        return next((rule for rule in versions if day is not None and rule.in_force(day)), versions[-1])


def selections(zone: Zone) -> Iterator[Selection]:
    """Walk the selections of a zone expression, left to right."""
    if isinstance(zone, Selection):
        yield zone
        return
    for member in zone.members:
        yield from selections(member)


def questions(where: Where | None) -> Iterator[Ask]:
    """Walk the questions of a place expression, left to right."""
    if isinstance(where, Ask):
        yield where
    elif isinstance(where, Not):
        yield from questions(where.member)
    elif where is not None:
        for member in where.members:
            yield from questions(member)
