"""Whether a duty can be read at all, and what it is about. Pure.

What cannot be read today cannot be read after a wait either: it is given up at once and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from domain.duties.rules import INSTALLATION, Duty, Kind
from domain.errors import excerpt
from domain.ids import encode
from domain.reports.rows import Level
from domain.reports.runs import Purpose

# Raises ValueError, TypeError or LookupError when it cannot be read.
_Reading = Callable[[Any], object]


def _uuid(value: object) -> object:
    if not isinstance(value, str):
        raise TypeError
    return UUID(value)


def _window(value: object) -> object:
    """No days, or the first and the last."""
    if not isinstance(value, list):
        raise TypeError
    first, *rest = value or (None,)
    if first is not None:
        [last] = rest
        return date.fromisoformat(first), date.fromisoformat(last)
    return None


_SUBJECT_IS_ID: Final = {
    Kind.EXCHANGE_CODE, Kind.DISCOVER_PROFILES, Kind.ENABLE_MEASUREMENT, Kind.SYNC_CATALOG,
    Kind.SETTLE, Kind.SEND_MAIL, Kind.MEASURE_REPUTATION, Kind.MEASURE_TRACK_RECORD,
    Kind.DELIVER_WEBHOOKS,
}  # fmt: skip

_PAYLOADS: Final[Mapping[Kind, Mapping[str, _Reading]]] = {
    Kind.PULL_REPORT: {
        "profile_id": _uuid, "level": Level, "purpose": Purpose, "window": _window,
    },
    Kind.SETTLE: {"store_id": _uuid, "profile_id": _uuid},
}  # fmt: skip


def fault_of(duty: Duty) -> str | None:
    """What is wrong with a duty, as a sentence for whoever finds it given up; None for nothing."""
    if not isinstance(duty.payload, dict):
        return f"Its payload is no object: {excerpt(repr(duty.payload))}. {_WHAT_NOW}"
    if duty.kind in _SUBJECT_IS_ID and not _can(_uuid, duty.subject):
        return f"Its subject is not an id: {excerpt(duty.subject)}. {_WHAT_NOW}"
    for name, read in _PAYLOADS.get(duty.kind, {}).items():
        if name not in duty.payload:
            return f"Its payload has no {name}. {_WHAT_NOW}"
        if not _can(read, duty.payload[name]):
            value = excerpt(repr(duty.payload[name]))
            return f"Its payload's {name} cannot be read: {value}. {_WHAT_NOW}"
    return None


def about(duty: Duty) -> dict[str, str]:
    """What each line of the log says that is written while it is done; ids as they are shown."""
    said = {"duty": encode("duty", duty.id), "kind": duty.kind.value}
    if duty.kind is Kind.DELIVER_WEBHOOKS:  # an account's, or an affiliate's
        return said | {"endpoint": duty.subject}
    if duty.account_id != INSTALLATION:
        said["account"] = encode("acct", duty.account_id)
    payload = duty.payload if isinstance(duty.payload, dict) else {}
    store = duty.subject if duty.kind is Kind.SYNC_CATALOG else payload.get("store_id")
    for name, prefix, id in (
        ("store", "stor", store),
        ("profile", "prof", payload.get("profile_id")),
    ):
        if isinstance(id, str) and _can(UUID, id):
            said[name] = encode(prefix, UUID(id))
    return said


_WHAT_NOW: Final = (
    "Another release may have written it: try it again when every worker has this one."
)


def _can(read: _Reading, value: object) -> bool:
    try:
        read(value)
    except (ValueError, TypeError, LookupError):
        return False
    return True
