"""The schemas of the events as they are published, and their shape, to compare with a release.

`python -m tests.domain.events.schemas` prints the shape, for docs/events/released.json.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

FOLDER = Path(__file__).parents[3] / "docs" / "events"

_FORMATS = FormatChecker()


@_FORMATS.checks("date-time")
def _is_moment(value: object) -> bool:
    """In UTC and to the second, which is one of the ways in which RFC 3339 writes it."""
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)
    )


@cache
def schema(type: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{type}.schema.json").read_text())
    return found


def example(type: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{type}.example.json").read_text())
    return found


@cache
def _validator(type: str) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema(type))
    return Draft202012Validator(schema(type), format_checker=_FORMATS)


def faults(body: dict[str, Any]) -> list[str]:
    """What is wrong with an event by the schema of its type."""
    return [f"{one.json_path}: {one.message}" for one in _validator(body["type"]).iter_errors(body)]


def unnamed(body: dict[str, Any]) -> list[str]:
    """Fields that the schema says nothing of."""
    return sorted(_unnamed(schema(body["type"]), body, ""))


def _unnamed(of: dict[str, Any], value: Any, place: str) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _unnamed(of["items"], one, f"{place}[]")
    elif isinstance(value, dict) and "properties" in of:
        for name, it in value.items():
            if name in of["properties"]:
                yield from _unnamed(of["properties"][name], it, f"{place}.{name}")
            else:
                yield f"{place}.{name}"


def shape(of: dict[str, Any], place: str = "") -> dict[str, str]:
    """Each field's path and kind: "string", "object|null"; with a question mark when it may be
    missing."""
    found: dict[str, str] = {}
    for name, it in of.get("properties", {}).items():
        path = f"{place}.{name}".lstrip(".")
        kind = it.get("type", "constant")
        text = kind if isinstance(kind, str) else "|".join(kind)
        found[path] = text if name in of.get("required", ()) else f"{text}?"
        found |= shape(it, path) | shape(it.get("items", {}), f"{path}[]")
    return found


def published() -> list[str]:
    return sorted(path.name.removesuffix(".schema.json") for path in FOLDER.glob("*.schema.json"))


def main() -> None:
    json.dump({type: shape(schema(type)) for type in published()}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
