"""Every sentence of the plan is accounted for, and every quote is the words of its source.

The sources - the plan, the table of its sentences, the texts of the laws - lie beside the repository, not in it. What
is quoted from them has its copy here: the sentences in clauses.yaml of the package, the articles in articles.yaml.
Where the sources are at hand the copies are compared with them, word for word; elsewhere they are held to the
fingerprint that compared.yaml keeps of what was compared. The end of a test run says which of the two was done.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from sources import SOURCES

from fuling_gis.rules.load import builtin_rules, laws
from fuling_gis.rules.model import questions, selections
from fuling_gis.rules.register import KINDS, clause_of, clauses, read_register, unaccounted
from fuling_gis.yamlfile import read_yaml

PLAN = [source / "plan.txt" for source in SOURCES]
TABLE = [source / "rules.md" for source in SOURCES]
LAWS = [source / "laws" for source in SOURCES]

FOLDER = Path(__file__).parent
ARTICLES = read_yaml(FOLDER / "articles.yaml").value
EFFECTS = read_yaml(FOLDER / "effects.yaml").value
_WORDS = ("prohibit", "exit", "restrict", "condition", "advise", "monitor", "encourage")
LETTERS = dict(zip("禁退限条劝监励", _WORDS, strict=True))
# Rules whose effect is not a letter of their row: what stands in a ban zone leaves (the row names existing farms), and
# the second half of a sentence that encourages into parks advises outside them.
OTHER_EFFECTS = {"FL-112g": "exit", "FL-112h": "exit", "FL-134b": "advise"}
COMPARED = read_yaml(FOLDER / "compared.yaml").value


def fingerprint(copies):
    return hashlib.sha256(json.dumps(copies, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def copied():
    """Give what is copied from each source."""
    return {
        "sentences": {key: [c.chapter, c.section, c.quote] for key, c in clauses().items()},
        "effects": EFFECTS,
        "articles": ARTICLES,
        "dates": {law: [known.get("valid_from"), known.get("text_of")] for law, known in laws().items()},
    }


def test_the_copies_are_those_that_were_compared_with_their_sources():
    told = {name: fingerprint(copies) for name, copies in copied().items()}
    assert told == COMPARED, (
        "compare the copies with their sources, by the tests below, then note these in compared.yaml"
    )


def test_a_changed_copy_is_found_without_its_source():
    changed = {law: {number: text + "。" for number, text in some.items()} for law, some in ARTICLES.items()}
    assert fingerprint(changed) != COMPARED["articles"]


def test_there_are_155_sentences_in_order():
    assert list(clauses()) == [f"FL-{n:03}" for n in range(1, 156)]


def test_every_sentence_is_a_rule_or_in_the_register():
    assert unaccounted(builtin_rules().rules) == ()


def test_no_sentence_is_both_a_rule_and_in_the_register():
    register = read_register()
    rules = {clause_of(rule.id) for rule in builtin_rules().rules}
    entries = [entry.id for entry in register.not_decidable]
    assert not rules & {*entries, *register.pending}
    assert len(entries) == len(set(entries))
    assert not set(entries) & set(register.pending)


def test_what_is_not_decidable_says_why_in_both_languages():
    for entry in read_register().not_decidable:
        assert entry.kind in KINDS
        assert entry.reason["zh"]
        assert entry.reason["en"]
    assert set(read_register().kinds) == set(KINDS)


def test_the_quote_of_a_rule_of_the_plan_is_its_sentence_or_a_part_of_it():
    for rule in builtin_rules().rules:
        if rule.id.startswith("FL-"):
            clause = clauses()[clause_of(rule.id)]
            assert rule.source.quote in clause.quote, rule.id
            assert (rule.source.chapter, rule.source.section) == (clause.chapter, clause.section)


def test_every_sentence_stands_in_the_plan():
    for plan in (path.read_text("utf-8") for path in PLAN):
        for clause in clauses().values():
            assert clause.quote in plan, clause.id
            if clause.section.startswith("第"):
                chapter, section = clause.chapter, clause.section.split(" ", 1)
                assert re.search(rf"(?m)^{chapter} ", plan)
                assert re.search(rf"(?m)^{section[0]} ", plan)
                assert re.search(rf"(?m)^\s*{section[1]}\s*。", plan), clause.id


def test_the_sentences_are_those_of_the_table():
    for table in (path.read_text("utf-8") for path in TABLE):
        rows = re.findall(r"(?m)^\| (FL-\d{3})★? \| \d+ \| [^|]* \| ([^|]*) \|", table)
        assert {row: quote.strip() for row, quote in rows} == {key: clause.quote for key, clause in clauses().items()}


def test_the_effects_are_those_of_the_table():
    for table in (path.read_text("utf-8") for path in TABLE):
        rows = re.findall(r"(?m)^\| (FL-\d{3})★? \| \d+ \|(?:[^|]*\|){4} ([^|]*) \|", table)
        assert dict(rows) == EFFECTS


def test_a_rule_does_what_its_row_says():
    assert list(EFFECTS) == list(clauses())
    for rule in builtin_rules().rules:
        if rule.id.startswith("FL-"):
            said = {LETTERS[letter] for letter in EFFECTS[clause_of(rule.id)] if letter in LETTERS}
            assert rule.effect in said or OTHER_EFFECTS.get(rule.id) == rule.effect, rule.id


def test_no_ban_and_no_exit_of_a_row_is_left_without_its_rule():
    """A row that says 禁 or 退 is a rule of that level or worse, or in the register as how people behave."""
    kinds = {entry.id: entry.kind for entry in read_register().not_decidable}
    for row, letters in EFFECTS.items():
        for letter in set(letters) & {"禁", "退"}:
            effects = {rule.effect for rule in builtin_rules().rules if clause_of(rule.id) == row}
            covered = effects & ({LETTERS[letter], "prohibit"} if row != "FL-082" else {"exit"})
            assert covered or kinds.get(row) == "behaviour", f"{row} {letter}"


def law_text(folder: Path, law: str) -> str | None:
    found = sorted(folder.glob(f"*{law.split('（', maxsplit=1)[0]}(*.md"))
    exact = [path for path in found if path.name.startswith(law + "(")]
    return (exact or found)[0].read_text("utf-8") if found else None


def article_text(text: str, number: str) -> str:
    digits = "零一二三四五六七八九"
    n = int(number)
    tens, ones = divmod(n, 10)
    words = ("十" if tens == 1 else digits[tens] + "十" if tens else "") + (digits[ones] if ones else "")
    found = re.search(rf"(?m)^\W*第{words}条[\s\S]*?(?=^\W*第[一二三四五六七八九十百]+[条章节]|\Z)", text)
    assert found, number
    return found[0]


def test_every_basis_quotes_its_article_or_says_that_it_is_unconfirmed():
    for rule in builtin_rules().rules:
        for basis in rule.basis:
            if not basis.confirmed:
                assert not basis.article, f"{rule.id}: an article that is not confirmed has no number"
                continue
            assert basis.quote, f"{rule.id}: {basis.law} {basis.article} is not quoted"
            assert basis.quote in ARTICLES[basis.law][basis.article], f"{rule.id}: {basis.law} {basis.article}"


def test_the_articles_are_those_of_the_laws():
    for folder in LAWS:
        for law, articles in ARTICLES.items():
            for number, article in articles.items():
                text = article_text(law_text(folder, law), number)
                assert all(line in text for line in article.splitlines()), f"{law} {number}"


def test_every_basis_names_a_law_of_the_list():
    for rule in builtin_rules().rules:
        for basis in rule.basis:
            assert basis.law in laws(), f"{rule.id}: {basis.law}"


def test_the_dates_of_the_laws_are_those_they_state():
    for folder in LAWS:
        for law, known in laws().items():
            text = law_text(folder, law) if known.get("confirmed", True) else None
            assert (text is None) is ("text_of" not in known) or "修订" in law, law
            stated = re.search(r"自(\d{4})年(\d{1,2})月(\d{1,2})日起施行", text or "")
            if stated and "修订" not in law:
                year, month, day = map(int, stated.groups())
                assert known["valid_from"] == f"{year}-{month:02}-{day:02}", law


def test_the_day_of_a_text_is_that_of_the_file_it_stands_in():
    for folder in LAWS:
        for law, known in laws().items():
            if "text_of" in known:
                assert (folder / f"{law}({known['text_of']}).md").exists(), law


def test_the_articles_of_the_yangtze_law_that_bear_on_places_stand_behind_rules():
    cited = {basis.article for rule in builtin_rules().rules for basis in rule.basis if basis.law == "长江保护法"}
    assert {"20", "22", "23", "25", "26", "27", "28", "47", "53", "55", "61"} <= cited


def test_each_tier_of_a_water_source_has_its_bans_by_nature():
    """Hold the rules of law against the table of articles 64 to 67: tier, nature, effect."""
    found = set()
    for rule in builtin_rules().rules:
        if rule.id.startswith("LAW-") and rule.basis[0].law == "水污染防治法":
            duty = rule.duty({})
            tiers = [
                value
                for ask in questions(duty.where)
                for s in selections(ask.zone)
                for t in s.tests
                for value in t.values
            ]
            natures = {nature for party in duty.who for nature in party.natures}
            found |= {
                (rule.basis[0].article, tier, nature, rule.effect) for tier in tiers or ["any"] for nature in natures
            }
    assert {
        *(("64", "any", nature, "prohibit") for nature in ("new", "alter", "expand")),
        *(("65", "1", nature, "prohibit") for nature in ("new", "alter", "expand")),
        ("65", "1", "existing", "exit"),
        *(("66", "2", nature, "prohibit") for nature in ("new", "alter", "expand")),
        ("66", "2", "existing", "exit"),
        *(("67", "quasi", nature, "prohibit") for nature in ("new", "expand")),
        ("67", "quasi", "alter", "condition"),
    } == found


def test_a_rule_of_law_quotes_the_article_that_it_names():
    for rule in builtin_rules().rules:
        if rule.id.startswith("LAW-") and rule.basis[0].confirmed:
            assert rule.source.document == rule.basis[0].law
            text = ARTICLES[rule.basis[0].law][rule.basis[0].article]
            assert rule.source.quote in text, rule.id
            assert text.startswith(rule.source.section), rule.id


def test_at_least_110_sentences_are_rules():
    assert len({clause_of(rule.id) for rule in builtin_rules().rules if rule.id.startswith("FL-")}) >= 110
