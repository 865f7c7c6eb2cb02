"""Puts an entry into the text of a catalogue and leaves every other character of it alone, comments above all.

The YAML library knows where each value stands; the text is changed at those places only. Whoever uses this compares
what is then read with what should be: an unusual way of writing is refused, never mangled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import yaml

from fuling_gis.errors import CatalogError
from fuling_gis.labels import sentence

_STEP: Final = 2
# Keys whose values read better on one line.
_FLAT: Final = ("title", "fields")


def insert_layer(text: str, layer_id: str, entry: Mapping[str, Any]) -> str:
    """Give the text of a catalogue with a new layer at the end of its layers.

    text: with plain line ends. entry: keys and values in the order in which to write them.
    """
    root = _root(text)
    if root is None or "layers" not in _keys(root):
        gap = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{gap}layers:\n{block(layer_id, entry, _STEP)}"
    node = _value(root, "layers")
    if isinstance(node, yaml.ScalarNode) or not node.value:
        # `layers:` with nothing, `null` or `{}`.
        start, end = node.start_mark.index, node.end_mark.index
        head = text[:start].rstrip(" ") if text[start:end] else text[:start]
        at = _line_end(text, start)
        return f"{head}{text[end:at]}{_new_line(text, at)}{block(layer_id, entry, _STEP)}{text[at:]}"
    _need_block(node, sentence("errors_layers.the_layers"))
    indent = node.value[0][0].start_mark.column
    at = _after(text, node, indent)
    return f"{text[:at]}{_new_line(text, at)}{block(layer_id, entry, indent)}{text[at:]}"


def replace_layer(text: str, layer_id: str, entry: Mapping[str, Any]) -> str:
    """Give the text of a catalogue with an entry in the place of the one that a layer has; comments inside that go."""
    node = _layer(text, layer_id)
    key = next(key for key, value in _value_pairs(text) if value.start_mark.index == node.start_mark.index)
    indent = key.start_mark.column
    start = key.start_mark.index - indent
    end = _line_end(text, _end(text, node))
    return f"{text[:start]}{block(layer_id, entry, indent)}{text[end:]}"


def insert_version(text: str, layer_id: str, entry: Mapping[str, Any]) -> str:
    """Give the text of a catalogue with a new version at the end of a layer that it has."""
    text = _with_versions(text, layer_id)
    versions = _value(_layer(text, layer_id), "versions")
    _need_block(versions, sentence("errors_layers.the_versions", layer=layer_id))
    indent = versions.start_mark.column
    at = _after(text, versions, indent)
    body = block("", entry, indent)
    item = " " * indent + "- " + body.lstrip(" ")
    return f"{text[:at]}{_new_line(text, at)}{item}{text[at:]}"


def close_last(text: str, layer_id: str, last_day: dt.date) -> str:
    """Give the text of a catalogue in which the version of a layer that has no last day gets one."""
    node = _layer(text, layer_id)
    versions = _value(node, "versions").value if "versions" in _keys(node) else [node]
    for version in versions:
        given = _value(version, "valid_to") if "valid_to" in _keys(version) else None
        if given is None:
            return _with_last_day(text, version, last_day)
        if given.value in ("", "~", "null"):
            start, end = given.start_mark.index, given.end_mark.index
            gap = "" if text[start - 1] == " " else " "
            return f"{text[:start]}{gap}{last_day}{text[end:]}"
    return text


def block(name: str, entry: Mapping[str, Any], indent: int) -> str:
    """Write an entry as YAML in block style; without a name only its keys, two columns further in."""
    lines = [f"{' ' * indent}{name}:"] if name else []
    inner = " " * (indent + _STEP)
    for key, value in entry.items():
        if isinstance(value, Mapping) and key not in _FLAT:
            lines.append(f"{inner}{key}:")
            lines += [f"{inner}  {_scalar(one)}: {_scalar(member)}" for one, member in value.items()]
        else:
            lines.append(f"{inner}{key}: {_scalar(value)}")
    return "".join(f"{line}\n" for line in lines)


def _scalar(value: Any) -> str:
    """Write a value on one line, quoted where it would else be read as something different."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    plain = _plain(value)
    text: str = yaml.safe_dump([plain], allow_unicode=True, default_flow_style=True, width=2**30, sort_keys=False)
    return text.strip()[1:-1]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    return value


def _root(text: str) -> yaml.MappingNode | None:
    # The slow loader, because its places count characters from the start of the text.
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return None
    if not isinstance(node, yaml.MappingNode):
        raise CatalogError(sentence("errors_layers.no_list", what=sentence("errors_layers.the_catalogue")))
    _need_block(node, sentence("errors_layers.the_catalogue"))
    return node


def _layer(text: str, layer_id: str) -> yaml.MappingNode:
    root = _root(text)
    if root is None:
        raise KeyError(layer_id)
    layers = _value(root, "layers")
    _need_block(layers, sentence("errors_layers.the_layers"))
    node = _value(layers, layer_id)
    if not isinstance(node, yaml.MappingNode):
        raise CatalogError(sentence("errors_layers.no_list", what=sentence("errors_layers.a_layer", layer=layer_id)))
    return node


def _keys(node: yaml.MappingNode) -> list[str]:
    return [key.value for key, _ in node.value]


def _value(node: yaml.MappingNode, name: str) -> Any:
    return next(value for key, value in node.value if key.value == name)


def _need_block(node: Any, what: Mapping[str, str]) -> None:
    if node.flow_style:
        raise CatalogError(sentence("errors_layers.bracketed", what=what))


def _last(node: yaml.Node) -> int:
    """Give the position where the content of a node ends, before any blank lines or comments that follow it."""
    end: int = node.start_mark.index
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        return int(node.end_mark.index)
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            # An alias stands for a node elsewhere, above.
            if part.start_mark.index >= end:
                end = max(end, _last(part))
    return end


def _end(text: str, node: yaml.Node) -> int:
    """Give where the content of a node ends in its last line; a text of several lines ends behind its line breaks."""
    position = _last(node)
    while position and text[position - 1] in "\n ":
        position -= 1
    return position


def _after(text: str, node: yaml.Node, indent: int) -> int:
    """Give where a new sibling goes: after the last line of a node, and after comments that stand further in."""
    at = _line_end(text, _end(text, node))
    while at < len(text):
        end = _line_end(text, at)
        line = text[at:end]
        if not line.strip().startswith("#") or len(line) - len(line.lstrip(" ")) <= indent:
            break
        at = end
    return at


def _line_end(text: str, position: int) -> int:
    """Give the start of the line after the one a position is in."""
    found = text.find("\n", position)
    return len(text) if found < 0 else found + 1


def _new_line(text: str, at: int) -> str:
    return "" if at == 0 or text[at - 1] == "\n" else "\n"


def _with_versions(text: str, layer_id: str) -> str:
    """Make a layer that has one entry one that has versions, the entry being the first."""
    node = _layer(text, layer_id)
    if "versions" in _keys(node):
        return text
    start, end = node.start_mark.index, _last(node)
    if node.flow_style:
        column = next(key for key, value in _value_pairs(text) if value.start_mark.index == start).start_mark.column
        inner = " " * (column + _STEP)
        return f"{text[:start].rstrip(' ')}\n{inner}versions:\n{inner}  - {text[start:]}"
    first = text.rfind("\n", 0, start) + 1
    last = _line_end(text, max(end - 1, start))
    indent = " " * node.start_mark.column
    body = text[first:last].splitlines(keepends=True)
    moved = [f"{indent}  - {body[0].lstrip(' ')}", *(f"    {line}" if line.strip() else line for line in body[1:])]
    return f"{text[:first]}{indent}versions:\n{''.join(moved)}{text[last:]}"


def _value_pairs(text: str) -> list[tuple[Any, Any]]:
    root = _root(text)
    return [] if root is None else list(_value(root, "layers").value)


def _with_last_day(text: str, version: yaml.MappingNode, last_day: dt.date) -> str:
    if version.flow_style:
        at = version.end_mark.index - 1
        return f"{text[:at].rstrip(' ')}, valid_to: {last_day}{text[at:]}"
    first = version.value[0][0].start_mark.column
    at = _after(text, version, first)
    return f"{text[:at]}{_new_line(text, at)}{' ' * first}valid_to: {last_day}\n{text[at:]}"
