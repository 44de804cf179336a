"""What docs/webhooks.md tells consumers to rely on is so, and what it tells them to write works."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.events.rules import EventType
from domain.webhooks import addresses, endpoint, rules, schedule, signing
from domain.webhooks.rules import Signature
from domain.webhooks.signing import Secret, Signer
from workers.sending.exchange import MOST_READ
from workers.sending.sender import Patience

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "webhooks.md").read_text()
SNIPPETS = re.findall(r"^```python\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)
BODY = '{"type":"offer.changed","data":{"name":"Für alle"}}'.encode()


def _delivered(
    *secrets: Secret, at: datetime | None = None, kind: Signature = Signature.STANDARD
) -> dict[str, str]:
    """The headers of a delivery that is signed with these."""
    sent = at or datetime.now(UTC)
    return dict(Signer(kind, secrets).headers(uuid4(), "offer.changed", BODY, sent))


@pytest.fixture(scope="module")
def event_of() -> Any:
    namespace: dict[str, Any] = {}
    exec(SNIPPETS[0], namespace)
    return namespace["event_of"]


def test_the_pages_code_verifies_what_is_sent_and_nothing_else(event_of: Any) -> None:
    secret, other = Secret.new(), Secret.new()
    headers = _delivered(secret)

    assert event_of(secret.text, headers, BODY)["data"] == {"name": "Für alle"}
    assert event_of(other.text, headers, BODY) is None
    assert event_of(secret.text, headers, BODY + b" ") is None
    assert event_of(secret.text, headers | {"webhook-id": f"evnt_{uuid4().hex}"}, BODY) is None
    late = _delivered(secret, at=datetime.now(UTC) - timedelta(minutes=6))
    assert event_of(secret.text, late, BODY) is None


def test_while_a_secret_is_rotated_a_receiver_with_either_verifies(event_of: Any) -> None:
    new, old = Secret.new(), Secret.new()
    headers = _delivered(new, old)

    assert headers["webhook-signature"].count(" ") == 1
    assert [event_of(one.text, headers, BODY)["type"] for one in (new, old)] == [
        "offer.changed"
    ] * 2


def test_the_pages_receiver_receives() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-u", "-c", SNIPPETS[1].replace("9000", str(port))],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as receiver:  # fmt: skip
        try:
            headers = _delivered(Secret.new())
            answer = _posted(f"http://127.0.0.1:{port}/", headers)
            assert receiver.stdout is not None
            printed = receiver.stdout.readline().decode()
        finally:
            receiver.kill()

    assert answer.status_code == 204
    assert printed == f"{headers['webhook-id']} {BODY.decode()}\n"


def _posted(url: str, headers: dict[str, str]) -> httpx.Response:
    """As soon as somebody listens there."""
    until = time.monotonic() + 20
    while True:
        try:
            return httpx.post(url, content=BODY, headers=headers)
        except httpx.ConnectError:
            assert time.monotonic() < until, "nobody listens"
            time.sleep(0.05)


def test_the_page_names_every_header_of_a_delivery() -> None:
    named = set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE))
    named |= set(re.findall(r"^- `(Refersion-\w+)`", PAGE, re.MULTILINE))

    assert set(_delivered(Secret.new(), kind=Signature.REFERSION)) == named - {
        "content-type",
        "user-agent",
    }


def test_the_page_names_every_type_of_event_and_where_it_is_explained() -> None:
    told = re.findall(r"^\| \[`([\w.]+)`\]\(([^)]+)\) \|.*\[example\]\(([^)]+)\)", PAGE, re.M)

    assert [name for name, _, _ in told] == [kind.value for kind in endpoint.HEARD]
    for _, *links in told:
        assert all((ROOT / "docs" / link).exists() for link in links)


def test_the_page_has_refersions_words() -> None:
    told = re.findall(r"^\| `([a-z_.]+)` \| `([A-Z_]+)` \|$", PAGE, re.M)

    own = {kind.value: kind.value.upper().replace(".", "_") for kind in EventType}
    theirs = {kind: word for kind in own if (word := signing.topic(kind)) != own[kind]}
    assert dict(told) == theirs


def test_the_page_says_when_it_is_tried_again() -> None:
    [said] = re.findall(r"once more after\n(.+?) hours, each", PAGE, re.DOTALL)
    units = {"seconds": 1, "minutes": 60, "hours": 3600}
    waits = [
        int(number) * units[unit or "hours"]
        for number, unit in re.findall(r"(\d+)(?: (\w+))?(?:,| and|$)", said.strip())
    ]

    assert [0, *waits] == [int(wait.total_seconds()) for wait in schedule.WAITS]


def test_the_page_says_what_the_limits_are() -> None:
    table = PAGE.split("## Limits")[1]
    told = [int(most.replace(",", "")) for most in re.findall(r"\| ([\d,]+) \|$", table, re.M)]

    assert told == [
        endpoint.MOST_ENDPOINTS,
        addresses.LONGEST_URL,
        endpoint.LONGEST_DESCRIPTION,
        rules.MOST_AT_ONCE,
        rules.KEPT.days,
        MOST_READ,
    ]
    assert f"within {Patience().whole_s:.0f} seconds" in PAGE
    assert f"has {Patience().connect_s:.0f} seconds, the whole exchange" in PAGE
    assert f"For {signing.OLD_FOR.total_seconds() / 3600:.0f} hours" in PAGE
