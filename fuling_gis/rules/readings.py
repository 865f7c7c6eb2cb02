"""Open terms of the law, declared once in readings.yaml: key, question, default, and the ways to read them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from fuling_gis.rules.model import Reading, ReadingValue
from fuling_gis.yamlfile import read_yaml

READINGS_FILE = Path(__file__).with_name("readings.yaml")


@cache
def builtin_readings() -> Mapping[str, Reading]:
    """Give all readings by key, in the order of the file."""
    found: dict[str, Reading] = {}
    for key, entry in read_yaml(READINGS_FILE).value["readings"].items():
        values = {
            name: ReadingValue(value["title"], value.get("requires", ""), value.get("argued_by", {}))
            for name, value in entry["values"].items()
        }
        found[key] = Reading(key, entry["question"], entry["default"], MappingProxyType(values))
    return MappingProxyType(found)
