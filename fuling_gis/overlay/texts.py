"""The words of a rule as they stand in findings: title, clause, quote, basis, exemptions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fuling_gis.labels import Lang, label
from fuling_gis.rules.describe import before_document
from fuling_gis.rules.model import Basis, Exemption, Rule


@dataclass(frozen=True)
class RuleTexts:
    """The texts of one rule in one language on one day."""

    title: str
    clause: str
    quote: str
    # The laws in force on the day, and those that ended with what carries them on; `; ` between them, unconfirmed ones
    # marked; and that they stand alone, where the document quoted is younger.
    basis: str
    # What could be claimed to lift the rule, and the same once it is claimed.
    claimable: str
    claimed: str


def rule_texts(rule: Rule, lang: Lang, as_of: dt.date) -> RuleTexts:
    """Give the texts of a rule."""
    return RuleTexts(
        title=rule.title[lang],
        clause=rule.clause,
        quote=rule.source.quote,
        basis="; ".join(_bases(rule, lang, as_of)),
        claimable=_exemptions("engine.claimable", rule.unless, lang),
        claimed=_exemptions("engine.claimed", rule.unless, lang),
    )


def _bases(rule: Rule, lang: Lang, day: dt.date) -> Iterator[str]:
    yield from (_basis(one, lang, day) for one in rule.basis if _begun(one, day))
    if before_document(rule, day):
        yield label("rules.law_alone", lang, day=day, issued=rule.source.issued)


def _begun(basis: Basis, day: dt.date) -> bool:
    """Tell whether a law was in force by a day; one that ended before it counts only if another carries it on."""
    begun = basis.valid_from is None or basis.valid_from <= day
    return begun and (not _ended(basis, day) or bool(basis.succeeded_by))


def _ended(basis: Basis, day: dt.date) -> bool:
    return basis.valid_to is not None and day > basis.valid_to


def _basis(basis: Basis, lang: Lang, day: dt.date) -> str:
    # A document known by its number stands without title marks.
    numbered = "〔" in basis.law
    law = basis.law if numbered or lang == "en" else f"《{basis.law}》"
    text = label("engine.article", lang, law=law, article=basis.article) if basis.article else law
    if basis.succeeded_by and _ended(basis, day):
        text += label("engine.succeeded", lang, law=basis.succeeded_by)
    if basis.numbered_otherwise(day):
        text += f" [{label('rules.older_text', lang, day=basis.text_of)}]"
    return text if basis.confirmed else f"{text} [{label('engine.unconfirmed', lang)}]"


def _exemptions(key: str, exemptions: Iterable[Exemption], lang: Lang) -> str:
    return "; ".join(
        label(key, lang, title=one.title[lang], source=one.source or one.fact, prove=one.prove[lang])
        for one in exemptions
    )
