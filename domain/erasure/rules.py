"""What is taken out of what others keep. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from domain.errors import Refusal, excerpt
from domain.ids import encode

ERASED: Final = "[erased]"
NOBODY: Final = "Erased"
"""Stands where a name has to stand."""

_THEIRS: Final = frozenset(
    {
        "name", "email", "affiliatename", "owneremail", "displayname", "message", "answers",
        "answer", "bio", "channels", "url", "browser", "note", "tags",
        "description", "customfields",
    }
)  # fmt: skip
"""What is said of somebody beside their id, however it is spelt: nobody reads it afterwards, also
where it is an older word than the one that is known now."""


@dataclass(eq=False)
class NobodyKnown(Refusal):
    text: str

    @property
    def message(self) -> str:
        return (
            f'Nobody has the address or id "{excerpt(self.text, 80)}". Give an e-mail address,'
            " or an id that begins with pers_ or affl_."
        )


@dataclass(eq=False)
class OwnsAlone(Refusal):
    """Without an owner nobody could let anybody in any more."""

    accounts: list[str]

    @property
    def message(self) -> str:
        return (
            f"They are the only owner of {', '.join(self.accounts)}, and an account always has one."
            " Somebody else has to be made an owner first."
        )


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person, an affiliate, or one who is both."""

    person_id: UUID | None
    affiliate_id: UUID | None

    @property
    def ids(self) -> tuple[str, ...]:
        """As they are shown outside: the person's, the affiliate's, their profile's."""
        known = (("pers", self.person_id), ("affl", self.affiliate_id), ("affp", self.affiliate_id))
        return tuple(encode(prefix, id) for prefix, id in known if id is not None)


@dataclass(frozen=True, slots=True)
class Words:
    """By what somebody is known in what others wrote."""

    ids: frozenset[str]
    """Theirs, and those of their applications, invitations and endpoints."""
    emails: frozenset[str]
    texts: frozenset[str]
    """Names, and what they said of themselves."""


def without(value: Any, words: Words, *, theirs: bool = False) -> Any:
    """JSON without somebody. `theirs`: all of it is about them, as what they sent themselves."""
    match value:
        case dict():
            about = theirs or any(it in words.ids for it in value.values() if isinstance(it, str))
            return {
                name: _emptied(it)
                if about and _is_theirs(name)
                else without(it, words, theirs=about)
                for name, it in value.items()
            }
        case list():
            return [without(it, words, theirs=theirs) for it in value]
        case str() if value in words.texts or _names(value, words.emails):
            return ERASED
        case _:
            return value


def told_without(body: str, affiliate_id: str) -> str:
    """What a webhook tells of an affiliate, or of their application, without what it says of them;
    all else stays, and so does its form. Only they are: a store may be called the same.
    """
    told = _nameless(orjson.loads(body), affiliate_id)
    if isinstance(data := told.get("data"), dict):
        data |= _wordless(str(told.get("type")), data)
    rewritten: bytes = orjson.dumps(told)
    return rewritten.decode()


def _nameless(value: Any, affiliate_id: str) -> Any:
    match value:
        case {"id": id, "name": str(), **rest} if id == affiliate_id:
            return {"id": id, "name": NOBODY, **rest}
        case dict():
            return {name: _nameless(it, affiliate_id) for name, it in value.items()}
        case list():
            return [_nameless(it, affiliate_id) for it in value]
        case _:
            return value


def _wordless(type: str, data: dict[str, Any]) -> dict[str, Any]:
    """As the entity is after the erasure: see `erase_correspondence` and `end_partnerships`."""
    emptied: dict[str, Any] = {}
    if type.startswith("application."):
        emptied = {"affiliate_name": NOBODY, "message": "", "answers": []}
        if data.get("rejection_reason") is not None:
            emptied["rejection_reason"] = ERASED
    elif data.get("status_reason") is not None:
        emptied["status_reason"] = ERASED
    return emptied


def renamed(text: str, names: Collection[str]) -> str:
    """A text without these names, wherever they are words of their own: whoever was called Jo is
    not in Johanna."""
    longest_first = sorted(filter(None, names), key=len, reverse=True)
    either = "|".join(map(re.escape, longest_first))
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", ERASED, text) if either else text


def _names(text: str, emails: Collection[str]) -> bool:
    low = text.lower()
    return any(email in low for email in emails)


def _emptied(value: Any) -> Any:
    """Of the same kind, so that whoever reads it still can."""
    match value:
        case str():
            return ERASED
        case list():
            return []
        case dict():
            return {name: _emptied(it) for name, it in value.items()}
        case _:
            return value


def _is_theirs(name: str) -> bool:
    plain = name.replace("_", "").lower()
    return plain in _THEIRS or plain.endswith("reason")
