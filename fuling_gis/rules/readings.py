"""Open terms of the law, declared once in readings.yaml: key, question, default, and the ways to read them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from fuling_gis.rules.model import Reading, ReadingValue
from fuling_gis.rules.parse import parse_field_test
from fuling_gis.yamlfile import read_yaml

READINGS_FILE = Path(__file__).with_name("readings.yaml")


@cache
def builtin_readings() -> Mapping[str, Reading]:
    """Give all readings by key, in the order of the file."""
    found: dict[str, Reading] = {}
    for key, entry in read_yaml(READINGS_FILE).value["readings"].items():
        values = {
            name: ReadingValue(
                title=value["title"],
                requires=value.get("requires", ""),
                argued_by=value.get("argued_by", {}),
                having=tuple(parse_field_test(*test) for test in value.get("having", {}).items()),
            )
            for name, value in entry["values"].items()
        }
        found[key] = Reading(
            key,
            entry["question"],
            entry["default"],
            MappingProxyType(values),
            wins=entry.get("wins", ""),
            stays=bool(entry.get("stays", False)),
        )
    return MappingProxyType(found)
