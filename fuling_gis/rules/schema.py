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

from fuling_gis.yamlfile import Address, YamlFile

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

_FILE = Path(__file__).with_name("schema.json")
# A found value is shown up to this many characters.
_SHOWN = 60
_TYPES = {
    "object": "a mapping (key: value)",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def schema() -> dict[str, Any]:
    """Give the JSON Schema of rule files."""
    found: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return found


def schema_faults(yaml: YamlFile, value: Any, address: Address = (), *, part: str = "") -> list[str]:
    """Tell every place where a value is not what the schema allows, as sentences in the order of the file.

    address: where the value stands in the file.
    part: the definition of the schema to check against, such as `rule`; the whole file where it is empty.
    """
    errors = sorted(_validator(part).iter_errors(value), key=lambda e: [str(step) for step in e.absolute_path])
    return list(dict.fromkeys(fault for error in errors for fault in _sentences(yaml, address, error)))


@cache
def _validator(part: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    whole = schema()
    wanted = {"$ref": f"#/$defs/{part}", "$defs": whole["$defs"]} if part else whole
    return Draft202012Validator(wanted)


def _sentences(yaml: YamlFile, address: Address, error: ValidationError) -> Iterator[str]:
    # The library types these as anything JSON; each keyword of our own schema is known.
    found: Any = error.instance
    allowed: Any = error.validator_value
    keyword = str(error.validator)
    way = (*address, *error.absolute_path)
    if keyword == "additionalProperties":
        known: Any = dict(error.schema).get("properties", {})  # type: ignore[arg-type] # a mapping where this fails
        for extra in [name for name in found if name not in known]:
            yield f"{yaml.at(*way, extra)}: {_name(way)}: unknown key {extra!r}; allowed are {_listed(known)}"
    else:
        say = _COMPLAINTS.get(keyword, lambda value, _allowed: f"{_shown(value)}: {error.message}")
        yield f"{yaml.at(*way)}: {_name(way)}: {say(found, allowed)}"


def _wrong_type(found: Any, allowed: Any) -> str:
    kinds = [allowed] if isinstance(allowed, str) else allowed
    return f"{_shown(found)} stands where {' or '.join(_TYPES[kind] for kind in kinds)} is wanted"


def _missing(found: Any, allowed: Any) -> str:
    return f"{_listed(name for name in allowed if name not in found)} is missing; add it"


def _not_allowed(found: Any, allowed: Any) -> str:
    return f"{_shown(found)} is not allowed; allowed are {_listed(allowed)}"


def _not_one(found: Any, allowed: Any) -> str:
    names = [name for branch in allowed for name in branch["required"]]
    said = [name for name in names if isinstance(found, dict) and name in found]
    return f"say exactly one of {_listed(names)}; found {_listed(said) or 'none'}"


def _lonely(found: Any, allowed: Any) -> str:
    return "; ".join(f"{name!r} needs {_listed(needs)}" for name, needs in allowed.items() if name in found)


def _empty(found: Any, allowed: Any) -> str:
    return f"{_shown(found)} has fewer than {allowed} entries; fill it or leave the key out"


def _twice(found: Any, _allowed: Any) -> str:
    return f"{_shown(found)} names something twice; keep one"


def _other_form(found: Any, allowed: Any) -> str:
    return f"{_shown(found)} is not of the form {allowed}"


def _too_small(found: Any, allowed: Any) -> str:
    return f"{_shown(found)} is not above {allowed}"


def _too_large(found: Any, allowed: Any) -> str:
    return f"{_shown(found)} is above {allowed}"


# Keyword of the schema to the sentence about a value that fails it.
_COMPLAINTS: Mapping[str, Callable[[Any, Any], str]] = {
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


def _name(way: Address) -> str:
    """Name a place inside a file by the keys that lead to it: `rules[2].where.in`."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)
    return steps.lstrip(".") or "the file"


def _listed(names: Any) -> str:
    return ", ".join(map(str, names))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
