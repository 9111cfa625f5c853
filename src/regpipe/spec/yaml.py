"""Reading a YAML file so that everything in it can be pointed at by its line.

YAML 1.2 by its core schema: ``NO`` and ``yes`` are text, a date is text. Only
what a pipeline file needs: one mapping, no tags, no merge keys, no duplicates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from regpipe.errors import PipelineError, Problem
from regpipe.spec.types import Fault, Place, quoted

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | int | float | bool | None"
"""What a YAML file holds, as plain Python; keys are text."""

Spot = tuple[int, int]
"""Line and column in the file, from 1."""

DEEPEST = 20
LARGEST = 100_000
"""No pipeline file has more levels or values than this."""

_TEXT_TAG = "tag:yaml.org,2002:str"
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{
        sign + word: float(sign + "inf")
        for sign in ("", "+", "-")
        for word in (".inf", ".Inf", ".INF")
    },
}


@dataclass
class Document:
    """A YAML file: its values, where each stands, and what is wrong as YAML."""

    name: str
    tree: dict[str, Tree] = field(default_factory=dict)
    keys: dict[Place, Spot] = field(default_factory=dict)
    values: dict[Place, Spot] = field(default_factory=dict)
    written: dict[Place, str] = field(default_factory=dict)
    faults: list[tuple[Spot, Fault]] = field(default_factory=list)

    def spot(self, fault: Fault) -> Spot:
        """Give the place in the file of the key or value that a fault is about.

        A mapping or a list is pointed at by its key, a single value by itself.
        """
        if fault.key is not None and (*fault.place, fault.key) in self.keys:
            return self.keys[*fault.place, fault.key]
        place = fault.place
        while place:
            if place in self.values:
                return self.values[place]
            if place in self.keys:
                return self.keys[place]
            place = place[:-1]
        return self.values.get((), (1, 1))

    def problems(self, faults: Iterable[Fault]) -> list[Problem]:
        """Give all problems of the file in the order of its lines, none twice."""
        found = [*self.faults, *((self.spot(fault), fault) for fault in faults)]
        found.sort(key=lambda each: each[0])
        problems = (
            Problem(f"{self.name}:{line}", text(fault), fault.hint)
            for (line, _), fault in found
        )
        return list(dict.fromkeys(problems))


def text(fault: Fault) -> str:
    """Say a fault with its place before it: keys with dots, no list positions."""
    keys = [
        key if key.isprintable() else quoted(key)
        for key in fault.place
        if isinstance(key, str)
    ]
    return f"{'.'.join(keys)}: {fault.what}" if keys else fault.what


def read_document(path: Path) -> Document:
    """Read a YAML file that holds one mapping.

    Raises PipelineError when the file cannot be read, is no YAML, or holds
    anything but a mapping. Smaller faults are left in the document.
    """
    source = _text_of(path)
    node = _compose(path.name, source)
    if node is None or (isinstance(node, ScalarNode) and not node.value):
        hint = "`regpipe init` writes one to start from"
        raise PipelineError(Problem(f"{path.name}:1", "the file is empty", hint))
    document = Document(path.name)
    if not isinstance(node, MappingNode):
        line, _ = _spot(node)
        kind = "a list" if isinstance(node, SequenceNode) else "text"
        raise PipelineError(
            Problem(
                f"{path.name}:{line}",
                f"the file holds {kind}, not a mapping",
                "a pipeline file begins with `pipeline: NAME`",
            )
        )
    document.values[()] = _spot(node)
    document.tree = _mapping(document, node, ())
    return document


def _text_of(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError as reason:
        raise PipelineError(Problem(str(path), "no such file")) from reason
    except OSError as reason:
        what = f"cannot be read: {reason.strerror or 'an error of the system'}"
        raise PipelineError(Problem(str(path), what)) from reason
    except ValueError as reason:  # a NUL in the path
        raise PipelineError(Problem("", "the path is no path")) from reason
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = raw.count(b"\n", 0, reason.start) + 1
        raise PipelineError(
            Problem(f"{path.name}:{line}", "is not UTF-8", "save the file as UTF-8")
        ) from reason


def _compose(name: str, source: str) -> Node | None:
    try:
        node: Node | None = YAML(typ="rt", pure=True).compose(source)
    except MarkedYAMLError as reason:
        mark = reason.problem_mark or reason.context_mark
        line = mark.line + 1 if mark else 1
        what, hint = _syntax(str(reason.problem or reason.context or ""))
        raise PipelineError(Problem(f"{name}:{line}", what, hint)) from reason
    except YAMLError as reason:
        position = getattr(reason, "position", 0)
        line = source.count("\n", 0, position) + 1
        what = "no YAML: a control character"
        raise PipelineError(Problem(f"{name}:{line}", what)) from reason
    except RecursionError as reason:
        raise PipelineError(Problem(f"{name}:1", "is nested too deeply")) from reason
    return node


def _syntax(problem: str) -> tuple[str, str | None]:
    """Put the parser's complaint into plain words, with what to try."""
    quote = "put the text in quotes"
    table = {
        r"character '\\t'": ("a tab where YAML takes only spaces", "use spaces"),
        r"character '(.)' that cannot start": ("a text cannot begin with {0}", quote),
        r"mapping values are not allowed": (
            "a ':' where no key can be",
            "look at the indentation, or put a text with ': ' in quotes",
        ),
        r"undefined alias": ("a text cannot begin with *", quote),
        r"unexpected end of stream": ("a quote is never closed", None),
        r"expected ',' or '([\]}])'": ("a bracket is never closed, or ',' lacks", None),
        r"unknown escape character": (
            "a backslash in double quotes begins an escape",
            "use single quotes",
        ),
        r"another document": ("a second document begins", "one file, one pipeline"),
        r"expected <block end>|could not find expected ':'": (
            "this line does not fit the ones above",
            "look at the indentation, and for a missing ':'",
        ),
    }
    for pattern, (what, hint) in table.items():
        found = re.search(pattern, problem)
        if found:
            return "no YAML: " + what.format(*found.groups()), hint
    return "no YAML: the line cannot be read", "look at the indentation and the quotes"


def _spot(node: Node) -> Spot:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _value(document: Document, node: Node, place: Place) -> Tree:
    if len(document.keys) + len(document.values) > LARGEST or len(place) > DEEPEST:
        raise PipelineError(
            Problem(f"{document.name}:{_spot(node)[0]}", "too large or too deep")
        )
    if isinstance(node, MappingNode):
        return _mapping(document, node, place)
    if isinstance(node, SequenceNode):
        _no_tag(document, node, place, "tag:yaml.org,2002:seq")
        items: list[Tree] = []
        for number, item in enumerate(node.value):
            document.keys[*place, number] = _spot(item)
            items.append(_value(document, item, (*place, number)))
        return items
    if isinstance(node, ScalarNode):
        return _scalar(document, node, place)
    raise AssertionError("YAML has no other kind of node")


def _mapping(document: Document, node: MappingNode, place: Place) -> dict[str, Tree]:
    _no_tag(document, node, place, "tag:yaml.org,2002:map")
    result: dict[str, Tree] = {}
    for key, spot, value in _pairs(document, node, place):
        if key in result:
            first, _ = document.keys[*place, key]
            fault = Fault(
                place, f"duplicate key {quoted(key)}", f"first on line {first}"
            )
            document.faults.append((spot, fault))
            continue
        document.keys[*place, key] = spot
        result[key] = _value(document, value, (*place, key))
    return result


def _pairs(
    document: Document, node: MappingNode, place: Place
) -> Iterator[tuple[str, Spot, Node]]:
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            fault = Fault(place, "a key must be text", None)
            document.faults.append((_spot(key), fault))
        elif key.tag == "tag:yaml.org,2002:merge":
            fault = Fault(place, "'<<' is not read", "write the keys out")
            document.faults.append((_spot(key), fault))
        else:
            yield key.value, _spot(key), value


def _scalar(document: Document, node: ScalarNode, place: Place) -> Tree:
    word: str = node.value
    spot = _spot(node)
    if not word and node.style is None:  # its mark is where the next thing begins
        spot = document.keys.get(place, spot)
    document.values[place] = spot
    document.written[place] = word
    if node.tag not in _PLAIN_TAGS:
        _no_tag(document, node, place, _TEXT_TAG)
        return word
    if node.style is not None or node.tag == _TEXT_TAG:
        return word
    if word in _WORDS:
        value = _WORDS[word]
        if value is None:
            hint = "give it one, or leave the key out"
            document.faults.append((spot, Fault(place, "has no value", hint)))
        return value
    if _INTEGER.fullmatch(word):
        return int(word)
    if _FLOAT.fullmatch(word):
        return float(word)
    return word


def _no_tag(document: Document, node: Node, place: Place, usual: str) -> None:
    if node.tag != usual:
        fault = Fault(place, f"tag {quoted(str(node.tag))} is not read", "leave it out")
        document.faults.append((_spot(node), fault))
