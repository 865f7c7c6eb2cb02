"""The published JSON Schema of rule files, and its complaints as sentences with file and line.

The rules that come with the package are checked against it by the tests and by `rules check`, not at every start:
building the validator would cost more than reading them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fuling_gis.errors import Words, joined, once
from fuling_gis.labels import sentence
from fuling_gis.yamlfile import Address, YamlFile

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

_FILE = Path(__file__).with_name("schema.json")
# A found value is shown up to this many characters.
_SHOWN = 60


def schema() -> dict[str, Any]:
    """Give the JSON Schema of rule files."""
    found: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return found


def schema_faults(yaml: YamlFile, value: Any, address: Address = (), *, part: str = "") -> list[Words]:
    """Tell every place where a value is not what the schema allows, as sentences in the order of the file.

    address: where the value stands in the file.
    part: the definition of the schema to check against, such as `rule`; the whole file where it is empty.
    """
    errors = sorted(_validator(part).iter_errors(value), key=lambda e: [str(step) for step in e.absolute_path])
    return once(fault for error in errors for fault in _sentences(yaml, address, error))


@cache
def _validator(part: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    whole = schema()
    wanted = {"$ref": f"#/$defs/{part}", "$defs": whole["$defs"]} if part else whole
    return Draft202012Validator(wanted)


def _sentences(yaml: YamlFile, address: Address, error: ValidationError) -> Iterator[Words]:
    # The library types these as anything JSON; each keyword of our own schema is known.
    found: Any = error.instance
    allowed: Any = error.validator_value
    keyword = str(error.validator)
    way = (*address, *error.absolute_path)
    if keyword == "additionalProperties":
        known: Any = dict(error.schema).get("properties", {})  # type: ignore[arg-type] # a mapping where this fails
        for extra in [name for name in found if name not in known]:
            unknown = sentence("errors_rules.unknown_key", key=extra, known=_listed(known))
            yield sentence("errors_rules.at_way", place=yaml.at(*way, extra), way=_name(way), fault=unknown)
    else:
        say = _COMPLAINTS.get(keyword)
        why = error.message
        fault: Words = say(found, allowed) if say else sentence("errors_rules.otherwise", found=_shown(found), why=why)
        yield sentence("errors_rules.at_way", place=yaml.at(*way), way=_name(way), fault=fault)


def _wrong_type(found: Any, allowed: Any) -> Words:
    kinds = [allowed] if isinstance(allowed, str) else allowed
    wanted = joined((sentence(f"errors_rules.type_{kind}") for kind in kinds), sentence("errors_rules.or"))
    return sentence("errors_rules.wrong_type", found=_shown(found), wanted=wanted)


def _missing(found: Any, allowed: Any) -> Words:
    return sentence("errors_rules.missing", names=_listed(name for name in allowed if name not in found))


def _not_allowed(found: Any, allowed: Any) -> Words:
    return sentence("errors_rules.not_allowed", found=_shown(found), known=_listed(allowed))


def _not_one(found: Any, allowed: Any) -> Words:
    names = [name for branch in allowed for name in branch["required"]]
    said = [name for name in names if isinstance(found, dict) and name in found]
    return sentence("errors_rules.not_one", names=_listed(names), said=_listed(said) or sentence("errors_rules.none"))


def _lonely(found: Any, allowed: Any) -> Words:
    lonely = [(name, needs) for name, needs in allowed.items() if name in found]
    told = [sentence("errors_rules.lonely", name=name, needs=_listed(needs)) for name, needs in lonely]
    return joined(told, sentence("errors_rules.then"))


def _empty(found: Any, allowed: Any) -> Words:
    return sentence("errors_rules.too_few", found=_shown(found), least=allowed)


def _twice(found: Any, _allowed: Any) -> Words:
    return sentence("errors_rules.named_twice", found=_shown(found))


def _other_form(found: Any, allowed: Any) -> Words:
    return sentence("errors_rules.other_form", found=_shown(found), form=allowed)


def _too_small(found: Any, allowed: Any) -> Words:
    return sentence("errors_rules.too_small", found=_shown(found), least=allowed)


def _too_large(found: Any, allowed: Any) -> Words:
    return sentence("errors_rules.too_large", found=_shown(found), most=allowed)


# Keyword of the schema to the sentence about a value that fails it.
_COMPLAINTS: Mapping[str, Callable[[Any, Any], Words]] = {
    "type": _wrong_type,
    "required": _missing,
    "enum": _not_allowed,
    "oneOf": _not_one,
    "dependentRequired": _lonely,
    "minItems": _empty,
    "minProperties": _empty,
    "minLength": _empty,
    "uniqueItems": _twice,
    "pattern": _other_form,
    "exclusiveMinimum": _too_small,
    "maximum": _too_large,
}


def _name(way: Address) -> object:
    """Name a place inside a file by the keys that lead to it: `rules[2].where.in`."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)
    return steps.lstrip(".") or sentence("errors_rules.the_file")


def _listed(names: Any) -> str:
    return ", ".join(map(str, names))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
