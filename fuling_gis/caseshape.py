"""What the values of a case may be: words, lists of words, mappings. Told before the case is read, each with its line.

`casefile` reads what passes here, and need not ask again of what shape a value is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from fuling_gis.errors import Words
from fuling_gis.labels import sentence
from fuling_gis.verdicts import VERDICTS
from fuling_gis.yamlfile import Address

# A fault and where it stands, counted from the case.
Fault: TypeAlias = tuple[Address, Words]

_ANSWERS: Final = ("yes", "no", "maybe", "lifted", "unchecked")
# What can be expected of whom a rule binds, of a rule at a place, and of a whole verdict.
_OF_WHO: Final = frozenset({"answer", "causes", "lifts", "basis", "succeeded_by"})
_OF_RULE: Final = frozenset({"answer", "causes"})
_OF_SITE: Final = frozenset({"verdict", "possible", "depends", "units", "yes", "maybe", "lifted", "unchecked"})


def shape_faults(entry: Mapping[str, Any]) -> Iterator[Fault]:
    """Tell every value of a case, a group or a short form that is of another shape than its key wants."""
    for key, value in entry.items():
        wanted = _SHAPES.get(key)
        if wanted is not None and not wanted(value):
            yield (key,), sentence("errors_rules.case_shape", key=key, found=_shown(value), wanted=_words(wanted))


def expectation_faults(entry: Mapping[str, Any]) -> Iterator[Fault]:
    """Tell what a case cannot expect: of whom a rule binds there is no verdict, and of a verdict no answer."""
    allowed = _OF_SITE
    if "rule" in entry:
        allowed = _OF_SITE | _OF_RULE if {"at", "box"} & set(entry) else _OF_WHO
    for key in sorted((_OF_WHO | _OF_SITE) & set(entry) - allowed):
        yield (key,), sentence("errors_rules.case_cannot_expect", key=key, known=", ".join(sorted(allowed)))
    for key, known in (("answer", _ANSWERS), ("verdict", VERDICTS), ("possible", VERDICTS)):
        if key in entry and entry[key] not in known:
            yield (key,), sentence("errors_rules.not_allowed", found=_shown(entry[key]), known=", ".join(known))


def _word(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_word, value))


def _mapping(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_word, value.values()))


def _features(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, list) and all(map(_feature, one)) for one in value.values())


def _feature(value: Any) -> bool:
    return isinstance(value, dict) and bool({"box", "at"} & set(value))


def _drawing(value: Any) -> bool:
    if not isinstance(value, dict) or not all(isinstance(fields, dict) for fields in value.values()):
        return False
    said = [one for fields in value.values() for one in fields.values()]
    return all(_word(one) or (isinstance(one, list) and bool(one) and _list(one)) for one in said)


def _each(value: Any) -> bool:
    if not isinstance(value, dict) or not all(isinstance(answers, dict) for answers in value.values()):
        return False
    return all(_word(one) or _list(one) for answers in value.values() for one in answers.values())


_SHAPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("rule", "name", "on", "first_day", "last_day", "answer", "verdict", "possible"), _word),
    **dict.fromkeys(("rules", "causes", "lifts", "basis", "succeeded_by", "depends", "units"), _list),
    **dict.fromkeys(("yes", "maybe", "lifted", "unchecked"), _list),
    **dict.fromkeys(("site", "readings", "other"), _mapping),
    "accuracy_m": _number,
    "zones": _features,
    "in": _drawing,
    "each": _each,
}


def _words(wanted: Callable[[Any], bool]) -> Words:
    return sentence(f"errors_rules.shape{wanted.__name__}")


def _shown(value: Any) -> str:
    return repr(value)[:60]
