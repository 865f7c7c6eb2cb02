"""YAML as people write it: every value with its line, duplicate keys refused, no type changed behind one's back.

Only `true`, `false`, `null` and numbers are anything but text: `no`, `yes`, `on` and bare dates stay the words that
stand in the file. What keys mean is left to the reader of each file.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from fuling_gis.errors import FileError, joined

# The way to a value: keys and positions from the top of the file.
Address: TypeAlias = tuple[str | int, ...]

# A number with a leading zero stays text: it is a code, or octal to some readers and decimal to others.
_INT = re.compile(r"[-+]?(0|[1-9]\d{0,14})\Z")
_FLOAT = re.compile(r"[-+]?((0|[1-9]\d*)\.\d*|\.\d+|0|[1-9]\d*)([eE][-+]?\d+)?\Z")
# The words files are read by this module, so its own sentences cannot stand in one.
_FAULTS: Final = {
    "not_utf8": {
        "zh": "{path}：不是 UTF-8 文本（第 {byte} 字节处）；请另存为 UTF-8",
        "en": "{path}: is not UTF-8 text (byte {byte}); save it as UTF-8",
    },
    "unreadable": {"zh": "{path}：不能读取（{why}）", "en": "{path}: cannot be read ({why})"},
    "no_yaml": {"zh": "{path}：不是合法的 YAML：{why}", "en": "{path}: is not YAML: {why}"},
    "itself": {"zh": "{path}：别名（*）包含了它自身", "en": "{path}: an alias (*) contains itself"},
    "deep": {
        "zh": "{path}：嵌套超过 {most} 层；请写得平一些",
        "en": "{path}: nested deeper than {most} levels; write it flatter",
    },
    "large": {
        "zh": "{path}：展开别名（*）后超过 {most} 个值；请去掉一些别名",
        "en": "{path}: more than {most} values once its aliases (*) are unfolded; leave some of them out",
    },
    "no_word": {"zh": "{path}：键必须是文字", "en": "{path}: a key must be a word"},
    "twice": {"zh": "{path}：键“{key}”出现了两次，请只保留一个", "en": "{path}: key {key!r} stands twice; keep one"},
}
# Far beyond what anyone writes: a file that goes further was made to break its reader.
_DEEPEST: Final = 60
_LARGEST: Final = 200_000
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class YamlFile:
    """What a YAML file holds, and on which line each value stands."""

    path: Path
    # Plain dict, list, str, int, float, bool and None.
    value: Any
    # Line, counted from 1, of each key's or item's own place.
    lines: dict[Address, int]

    def at(self, *address: str | int) -> str:
        """Name the place of a value as `file:line`; the nearest enclosing one where there is no such value."""
        for end in range(len(address), -1, -1):
            if address[:end] in self.lines:
                return f"{self.path}:{self.lines[address[:end]]}"
        return str(self.path)


def read_yaml(path: Path) -> YamlFile:
    """Read one YAML document.

    Raises FileError that tells every duplicate key, or the first place where the text is no YAML.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as e:
        raise FileError(_fault("not_utf8", path, byte=e.start)) from e
    except OSError as e:
        raise FileError(_fault("unreadable", path, why=e.strerror)) from e
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> YamlFile:
    """Read one YAML document from text; `path` is the name used in messages."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        deep = _too_deep(text, loader)
        if deep:
            raise FileError(_fault("deep", f"{path}:{deep}", most=_DEEPEST))
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as e:
        line = e.problem_mark.line + 1 if e.problem_mark else 1
        raise FileError(_fault("no_yaml", f"{path}:{line}", why=e.problem)) from e
    except yaml.YAMLError as e:
        raise FileError(_fault("no_yaml", path, why=str(e).partition("\n")[0])) from e
    builder = _Builder(path)
    value = builder.build(root, (), ()) if root is not None else None
    if builder.faults:
        raise FileError(joined(builder.faults))
    return YamlFile(path, value, builder.lines)


def _too_deep(text: str, loader: type) -> int:
    """Give the first line that is nested too deep, 0 where none is: composing it would exhaust the stack."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                return event.start_mark.line + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return 0


def _fault(entry: str, path: Path | str, **values: object) -> dict[str, str]:
    return {lang: text.format(path=path, **values) for lang, text in _FAULTS[entry].items()}


class _Builder:
    """Turns nodes into plain values and notes lines and faults on the way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Address, int] = {}
        self.faults: list[dict[str, str]] = []

    def build(self, node: yaml.Node, address: Address, above: tuple[int, ...]) -> Any:
        if len(self.lines) > _LARGEST:
            raise FileError(_fault("large", f"{self.path}:{node.start_mark.line + 1}", most=_LARGEST))
        self.lines.setdefault(address, node.start_mark.line + 1)
        if id(node) in above:
            self.faults.append(_fault("itself", f"{self.path}:{node.start_mark.line + 1}"))
            return None
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, address, above)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*address, i), above) for i, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, address: Address, above: tuple[int, ...]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key: Hashable = key_node.value
            if not isinstance(key, str):
                self.faults.append(_fault("no_word", f"{self.path}:{line}"))
                continue
            if key in out:
                self.faults.append(_fault("twice", f"{self.path}:{line}", key=key))
                continue
            self.lines[*address, key] = line
            out[key] = self.build(value_node, (*address, key), above)
        return out


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    # A plain scalar has style None in one parser and "" in the other.
    if getattr(node, "style", None):
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text
