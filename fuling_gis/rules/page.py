"""The page docs/rules.md, made from the rule files and the register, so that it never says anything else than they do.

A script writes it and a test compares: the page is edited by editing the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from fuling_gis.labels import label
from fuling_gis.rules.describe import basis_words, by_reading, where_words, who_words
from fuling_gis.rules.load import builtin_rules
from fuling_gis.rules.model import Duty, NotDecidable, Reading, Rule
from fuling_gis.rules.readings import builtin_readings
from fuling_gis.rules.register import clause_of, clauses, read_register

_HEAD = """\
# Rules

Every sentence of the plan that ties a duty to a place is accounted for here: as one or several rules, or as not
decidable at a site, with the reason. After them stand the duties that only a law states, and the open terms. The page
is made from `fuling_gis/rules/` by `scripts/build_rules_page.py`; to change it, change the rules. How they are written:
[the format of rule files](rules-format.md).

`fuling-gis rules show ID` says everything about a rule: quote, basis, dates, exemptions. `fuling-gis rules list` lists
them. A rule of the plan is in force from the day the plan was issued, or from the day of the law that says the same;
the plan's own period is over, and its rules stay in force until superseded.
"""


def rules_page() -> str:
    """Give the whole page as Markdown."""
    rules = builtin_rules()
    plan = [rule for rule in rules.rules if clause_of(rule.id) in clauses()]
    law = [rule for rule in rules.rules if clause_of(rule.id) not in clauses()]
    rows = len({clause_of(rule.id) for rule in plan})
    count = (
        f"{len(clauses())} sentences: {rows} as {len(plan)} rules, {len(rules.not_decidable)} not decidable at a site."
    )
    parts = [
        _HEAD,
        f"## The plan\n\n{count}\n",
        *_chapters(plan),
        f"## Not decidable at a site\n\n{_entries(rules.not_decidable)}",
        f"## Duties of law\n\n{_rules(law)}",
        f"## Open terms\n\n{_readings(rules.readings, rules.rules)}",
    ]
    return "\n".join(parts)


def _chapters(rules: Iterable[Rule]) -> Iterable[str]:
    for chapter, group in groupby(rules, key=lambda rule: rule.source.chapter):
        yield f"### {chapter}\n\n{_rules(group)}"


def _rules(rules: Iterable[Rule]) -> str:
    return _table(
        ("id", "effect", "title", "binds", "where", "basis"),
        (
            (
                rule.id,
                label(f"rules.effect.{rule.effect}", "en"),
                f"{rule.title['zh']}<br>{rule.title['en']}",
                _each(rule, lambda duty: who_words(duty.who, "en")),
                label("rules.everywhere", "en")
                if rule.everywhere
                else _each(rule, lambda duty: where_words(duty.where, "en")),
                "<br>".join(basis_words(entry, "en") for entry in rule.basis),
            )
            for rule in rules
        ),
    )


def _each(rule: Rule, words: Callable[[Duty], str]) -> str:
    return "<br>".join(by_reading(rule, builtin_readings(), "en", words))


def _entries(entries: Iterable[NotDecidable]) -> str:
    kinds = read_register().kinds
    return _table(
        ("id", "sentence", "kind", "reason"),
        ((e.id, e.quote, kinds[e.kind]["en"], f"{e.reason['zh']}<br>{e.reason['en']}") for e in entries),
    )


def _readings(readings: Mapping[str, Reading], rules: Iterable[Rule]) -> str:
    hung = list(rules)
    return _table(
        ("reading", "question", "ways to read it", "rules"),
        (
            (
                f"`{reading.key}`",
                f"{reading.question['zh']}<br>{reading.question['en']}",
                "<br>".join(
                    f"`{key}`{label('rules.default', 'en') if key == reading.default else ''}: {value.title['en']}"
                    for key, value in reading.values.items()
                ),
                ", ".join(rule.id for rule in hung if reading.key in rule.readings),
            )
            for reading in readings.values()
        ),
    )


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(heads)
    lines = [names, ["---"] * len(names), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
