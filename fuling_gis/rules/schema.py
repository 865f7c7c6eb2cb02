"""The published JSON Schema of rule files, and its complaints as sentences with file and line.

The rules that come with the package are checked against it by the tests and by `rules check`, not at every start:
building the validator would cost more than reading them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    way = (*address, *error.absolute_path)
    key = _name(way)
    allowed: Any = error.validator_value
    found = error.instance
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        for extra in [name for name in found if name not in known]:
            yield f"{yaml.at(*way, extra)}: {key}: unknown key {extra!r}; allowed are {_listed(known)}"
        return
    if error.validator == "required":
        missing = [name for name in allowed if name not in found]
        yield f"{yaml.at(*way)}: {key}: {_listed(missing)} is missing; add it"
        return
    yield f"{yaml.at(*way)}: {key}: {_complaint(error)}"


def _complaint(error: ValidationError) -> str:
    found, allowed = _shown(error.instance), error.validator_value
    if error.validator == "type":
        kinds = [allowed] if isinstance(allowed, str) else allowed
        return f"{found} stands where {' or '.join(_TYPES[kind] for kind in kinds)} is wanted"
    if error.validator == "enum":
        return f"{found} is not allowed; allowed are {_listed(allowed)}"
    if error.validator == "oneOf":
        return f"say exactly one of {_listed([name for branch in allowed for name in branch['required']])}"
    if error.validator == "dependentRequired":
        return "; ".join(f"{name!r} needs {_listed(needs)}" for name, needs in allowed.items() if name in error.instance)
    if error.validator in ("minItems", "minProperties", "minLength"):
        return "is empty; fill it or leave the key out"
    if error.validator == "uniqueItems":
        return f"{found} names something twice; keep one"
    if error.validator == "pattern":
        return f"{found} is not of the form {allowed}"
    return f"{found}: {error.message}"


def _name(way: Address) -> str:
    """Name a place inside a file by the keys that lead to it: `rules[2].where.in`."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)
    return steps.lstrip(".") or "the file"


def _listed(names: Any) -> str:
    return ", ".join(map(str, names))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
