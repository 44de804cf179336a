"""What a brand notes about its partnerships for itself: tags, a note, fields of its own. Pure.

A tag is one word or a few, compared without case: "VIP" and "vip" are one tag, shown as it was
written first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from domain.errors import InvalidInput, excerpt

MOST_TAGS: Final = 20
LONGEST_TAG: Final = 50
LONGEST_NOTE: Final = 5_000
MOST_FIELDS: Final = 50
LONGEST_FIELD_NAME: Final = 50
LONGEST_FIELD_VALUE: Final = 500


def tags(field: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Tags as kept, each once, in the order given. `field` is the input's. Raises InvalidInput."""
    found: dict[str, str] = {}
    for text in texts:
        tag = text.strip()
        if not tag.isprintable() or not 1 <= len(tag) <= LONGEST_TAG:
            raise InvalidInput(
                field, f'"{excerpt(text)}" is no tag: use 1 to {LONGEST_TAG} characters on a line.'
            )
        found.setdefault(_key(tag), tag)
    return tuple(found.values())


def few(field: str, written: Sequence[str]) -> tuple[str, ...]:
    """All the tags of a partnership, as `tags` gives them. Raises InvalidInput for too many."""
    if len(written) > MOST_TAGS:
        raise InvalidInput(
            field, f"These are {len(written)} tags, and a partnership has {MOST_TAGS} at most."
        )
    return tuple(written)


def check_apart(add: Iterable[str], remove: Iterable[str]) -> None:
    """Raises InvalidInput when a tag is to be added and removed at once."""
    removed = {_key(tag) for tag in remove}
    for tag in add:
        if _key(tag) in removed:
            raise InvalidInput(
                "add", f'"{tag}" is to be added and removed. Leave it out of one of the two.'
            )


def retagged(have: Sequence[str], add: Iterable[str], remove: Iterable[str]) -> tuple[str, ...]:
    """The tags of a partnership after a change; those that stay keep place and spelling.

    Raises InvalidInput when they would be too many.
    """
    removed = {_key(tag) for tag in remove}
    found = {_key(tag): tag for tag in have if _key(tag) not in removed}
    for tag in add:
        found.setdefault(_key(tag), tag)
    return few("add", list(found.values()))


def note(text: str) -> str:
    """The note as kept; it may have lines and may be empty. Raises InvalidInput."""
    written = text.strip()
    if len(written) > LONGEST_NOTE or "\0" in written:
        raise InvalidInput("note", f"Use {LONGEST_NOTE:,} characters at most.")
    return written


def custom_fields(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Fields as kept, by name and in the order given; without a value a field is left out.

    Raises InvalidInput.
    """
    found: dict[str, str] = {}
    names: set[str] = set()
    for given_name, given_value in pairs:
        name, value = given_name.strip(), given_value.strip()
        if not name.isprintable() or not 1 <= len(name) <= LONGEST_FIELD_NAME:
            raise _wrong(
                f'"{excerpt(given_name)}" is no name of a field: use 1 to {LONGEST_FIELD_NAME} '
                "characters on a line."
            )
        if len(value) > LONGEST_FIELD_VALUE or "\0" in value:
            raise _wrong(f'"{name}" has more than {LONGEST_FIELD_VALUE} characters. Shorten it.')
        if _key(name) in names:
            raise _wrong(f'"{name}" stands there twice. Give each field one value.')
        names.add(_key(name))
        if value:
            found[name] = value
    if len(found) > MOST_FIELDS:
        raise _wrong(f"These are {len(found)} fields. Use {MOST_FIELDS} at most.")
    return found


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput("customFields", reason)


def _key(text: str) -> str:
    return text.casefold()
