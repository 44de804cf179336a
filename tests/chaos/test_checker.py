"""The checker finds what is planted, each by itself: one that cannot fail says nothing."""

from __future__ import annotations

import base64
import copy
import hmac
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from chaos.checker import findings, tell
from chaos.checking.facts import (
    Conversion,
    Delivery,
    Endpoint,
    Event,
    Facts,
    Figures,
    Note,
    Open,
)
from chaos.checking.findings import Wrong
from chaos.checking.recovery import recoveries, takeovers
from chaos.checking.story import Story

ACCOUNT, ENDPOINT, DUTY, TOKEN, OTHER = (UUID(int=number) for number in range(1, 6))
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
SOLD = Figures(2, 3, 1_000)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)

Lines = list[dict]


def act(key: str, outcome: str, what: str, result: dict | None = None, **effect: str) -> dict:
    return {
        "op": "act", "key": key, "start": 10.0, "at": 10.2, "outcome": outcome,
        "effect": {"what": what, **effect}, "result": result or {},
    }  # fmt: skip


def click(outcome: str, start: float = 10.0, status: int | None = 302) -> dict:
    return {
        "op": "click", "code": "abc", "start": start, "at": start + 0.1, "outcome": outcome,
        "status": status,
    }  # fmt: skip


def arrival(number: int, status: int | None = 200) -> dict:
    id, body = f"evnt_{number}", f'{{"sequence":{number}}}'
    digest = hmac.digest(b"k" * 32, f"{id}.5.{body}".encode(), "sha256")
    return {
        "op": "received", "path": "/healthy", "id": id, "timestamp": "5", "body": body,
        "signature": f"v1,{base64.b64encode(digest).decode()}", "status": status,
    }  # fmt: skip


def a_run() -> tuple[Lines, Facts]:
    """Two of everything, and all is well."""
    lines = [
        {"op": "begin", "seed": 1, "seconds": 60},
        {"op": "faults", "start": 0.0},
        {"op": "endpoint", "path": "/healthy", "secret": SECRET},
        {"op": "clock", "now": NOON.isoformat()},
        click("ok", 3.0),
        click("unknown", 4.0, None),
        act("a-1", "ok", "affiliate", email="a@x", audited="a@x"),
        act("a-2", "refused", "affiliate", email="b@x", audited="b@x"),
        act("a-3", "unknown", "affiliate", email="c@x", audited="c@x"),
        act("p-1", "ok", "partnership", {"id": "part_2"}, affiliate="affl_1", audited="affl_1"),
        act("l-1", "ok", "link", sub_id="l-1", audited="l-1"),
        act("k-1", "ok", "key", name="k-1", audited="k-1"),
        act("s-1", "ok", "status", partnership="part_1", status="PAUSED", audited="s-1"),
        act("d-1", "ok", "decision", conversion="conv_1", verdict="DENIED", audited="conv_1"),
        {"op": "fault", "kind": "POSTGRES_DOWN", "start": 5.0, "end": 9.0},
        click("unknown", 6.0, 503),
        arrival(1, 500),
        arrival(1),
        arrival(2),
        arrival(3),
        {"op": "books", "rows": [{"campaign": "cl-1", "day": "2026-06-20", "seen": {
            "total_purchases": 2, "total_units": 3, "total_sales_minor": 1_000}}]},
        {"op": "command", "name": "verify-audit", "code": 0, "said": "whole"},
        {"op": "quiet", "took_s": 3.0},
    ]  # fmt: skip
    lines[15] = click("ok", 6.0)
    facts = Facts()
    facts.clicks["abc"] = 2
    facts.affiliates["a@x"] = facts.partners["affl_1"] = 1
    facts.links["l-1"] = facts.keys["k-1"] = 1
    facts.statuses = {"part_1": "PAUSED"}
    facts.verdicts = {"conv_1": ["DENIED"]}
    facts.audited.update(["a@x", "affl_1", "l-1", "k-1", "s-1", "conv_1"])
    facts.notes = [
        note(1.0, "promised", None, attempts=0),
        note(2.0, "changed", TOKEN),
        note(10.0, "removed", TOKEN),
    ]
    types = "partnership.created", "partnership.changed", "conversion.denied"
    entities = "part_2", "part_1", "conv_1"
    facts.happened = [
        Event(f"evnt_{n}", ACCOUNT, type, entity, 1, True, (), f'{{"sequence":{n}}}')
        for n, (type, entity) in enumerate(zip(types, entities, strict=True), 1)
    ]
    facts.last_sequences = {(ACCOUNT, entity): 1 for entity in entities}
    facts.endpoints = [Endpoint(ENDPOINT, ACCOUNT, "http://h/healthy", frozenset(types))]
    facts.deliveries = [Delivery(ENDPOINT, f"evnt_{n}", "DELIVERED") for n in (1, 2, 3)]
    facts.conversions = [
        Conversion("cl-1", date(2026, 6, 20), "PENDING", 1_250, SOLD, 125, SOLD, 125)
    ]
    return lines, facts


def note(at: float, what: str, token: UUID | None, *, attempts: int = 1) -> Note:
    return Note(at, what, DUTY, "settle", "store", attempts, token, False)


def checked(lines: Lines, facts: Facts) -> set[Wrong]:
    return {one.wrong for one in findings(Story.of(lines), facts)}


def test_a_run_without_a_fault_has_no_finding() -> None:
    lines, facts = a_run()

    assert checked(lines, facts) == set()
    last = json.loads(tell(Story.of(lines), facts, []).splitlines()[-1])
    assert last["chaos"] == "ok"
    assert (last["duties"], last["done"], last["clicks"], last["webhooks"]) == (1, 1, 2, 3)


def _line(lines: Lines, key: str) -> dict:
    return next(line for line in lines if line.get("key") == key)


def _received(lines: Lines) -> Lines:
    return [line for line in lines if line["op"] == "received"]


PLANTS: dict[str, tuple[Wrong, Callable[[Lines, Facts], object]]] = {
    "a click that was sent on is not counted": (
        Wrong.CLICK_LOST, lambda lines, facts: facts.clicks.update(abc=-1)),
    "a click is counted twice": (
        Wrong.PHANTOM, lambda lines, facts: facts.clicks.update(abc=2)),
    "a click is counted that nobody made": (
        Wrong.PHANTOM, lambda lines, facts: facts.clicks.update(xyz=1)),
    "a known link leads nowhere while PostgreSQL is away": (
        Wrong.UNAVAILABLE, lambda lines, facts: lines.append(click("unknown", 7.0, 503))),
    "what a mutation has made is not there": (
        Wrong.LOST, lambda lines, facts: facts.affiliates.clear()),
    "a mutation was done twice": (
        Wrong.PHANTOM, lambda lines, facts: facts.keys.update(["k-1"])),
    "what was refused was done": (
        Wrong.PHANTOM, lambda lines, facts: facts.affiliates.update(["b@x"])),
    "what nobody knows of was done twice": (
        Wrong.PHANTOM, lambda lines, facts: facts.affiliates.update(["c@x", "c@x"])),
    "a mutation is not in the audit": (
        Wrong.LOST, lambda lines, facts: facts.audited.pop("l-1")),
    "a mutation is in the audit twice": (
        Wrong.PHANTOM, lambda lines, facts: facts.audited.update(["s-1"])),
    "a partnership is not as it was left": (
        Wrong.LOST, lambda lines, facts: facts.statuses.update(part_1="ACTIVE")),
    "a decision is another than was taken": (
        Wrong.DIFFERENT, lambda lines, facts: facts.verdicts.update(conv_1=["APPROVED"])),
    "a duty is gone and was not done": (
        Wrong.LOST, lambda lines, facts: facts.notes.pop()),
    "a duty was done that nobody promised": (
        Wrong.PHANTOM, lambda lines, facts: facts.notes.pop(0)),
    "a duty was removed by somebody without a lease": (
        Wrong.PHANTOM,
        lambda lines, facts: facts.notes.append(facts.notes.pop()._replace(token=None))),
    "a duty was promised again while it was done, and was forgotten": (
        Wrong.LOST,
        lambda lines, facts: facts.notes.append(facts.notes.pop()._replace(attempts=0))),
    "a duty was done twice": (
        Wrong.PHANTOM, lambda lines, facts: facts.notes.append(facts.notes[-1])),
    "a duty was given up": (
        Wrong.LOST, lambda lines, facts: still_open(facts, dead=True)),
    "a duty is leased by nobody": (
        Wrong.LOST, lambda lines, facts: still_open(facts, leased=True)),
    "a duty is due and nobody does it": (
        Wrong.LOST, lambda lines, facts: still_open(facts)),
    "a duty is there that nobody promised": (
        Wrong.PHANTOM, lambda lines, facts: facts.duties.append(
            Open(OTHER, "settle", "s", NOON.replace(day=9), False, False, None))),
    "an event never arrives": (
        Wrong.WEBHOOK_LOST, lambda lines, facts: lines.remove(_received(lines)[2])),
    "an event arrives and is never taken": (
        Wrong.WEBHOOK_LOST, lambda lines, facts: _received(lines)[2].update(status=500)),
    "an event is not relayed": (
        Wrong.WEBHOOK_LOST, lambda lines, facts: setattr(facts, "waiting_events", 1)),
    "an event has no delivery": (
        Wrong.WEBHOOK_LOST, lambda lines, facts: facts.deliveries.pop()),
    "a delivery is held back": (
        Wrong.WEBHOOK_LOST,
        lambda lines, facts: facts.deliveries.append(
            facts.deliveries.pop()._replace(status="HELD"))),
    "a delivery of no event": (
        Wrong.PHANTOM,
        lambda lines, facts: facts.deliveries.append(Delivery(ENDPOINT, "evnt_9", "DELIVERED"))),
    "something arrives that is no event": (
        Wrong.PHANTOM, lambda lines, facts: lines.append(arrival(9))),
    "an attempt has another body": (
        Wrong.DIFFERENT, lambda lines, facts: _received(lines)[0].update(body="{}")),
    "a signature does not verify": (
        Wrong.DIFFERENT, lambda lines, facts: _received(lines)[0].update(timestamp="6")),
    "a gap in a sequence": (
        Wrong.WEBHOOK_LOST,
        lambda lines, facts: facts.last_sequences.update({(ACCOUNT, "part_1"): 2})),
    "a number of a sequence twice": (
        Wrong.WEBHOOK_LOST,
        lambda lines, facts: facts.happened.append(facts.happened[0]._replace(id="evnt_2"))),
    "a change has no event": (
        Wrong.WEBHOOK_LOST, lambda lines, facts: facts.happened.pop(1)),
    "a change has two events": (
        Wrong.PHANTOM,
        lambda lines, facts: facts.happened.append(facts.happened[1]._replace(sequence=2))),
    "Amazon's books have other figures": (
        Wrong.DIFFERENT, lambda lines, facts: facts.conversions.clear()),
    "a pending conversion stands elsewhere than reported": (
        Wrong.DIFFERENT, lambda lines, facts: one_conversion(facts, stands=Figures(1, 1, 1_000))),
    "a cent of commission too much": (
        Wrong.DIFFERENT, lambda lines, facts: one_conversion(facts, commission_minor=126)),
    "an operator's command finds a difference": (
        Wrong.DIFFERENT, lambda lines, facts: lines[-2].update(code=1)),
    "there is no end to the work": (
        Wrong.LOST, lambda lines, facts: lines.pop()),
}  # fmt: skip


def still_open(facts: Facts, *, leased: bool = False, dead: bool = False) -> None:
    facts.notes.pop()
    facts.duties.append(Open(DUTY, "settle", "store", NOON, leased, dead, None))


def one_conversion(facts: Facts, **changed: object) -> None:
    facts.conversions[0] = facts.conversions[0]._replace(**changed)


@pytest.mark.parametrize("planted", PLANTS)
def test_what_is_planted_is_found(planted: str) -> None:
    wrong, plant = PLANTS[planted]
    lines, facts = copy.deepcopy(a_run())

    plant(lines, facts)

    assert wrong in checked(lines, facts)
    story = Story.of(lines)
    assert '"chaos": "failed"' in tell(story, facts, findings(story, facts))


def test_recovery_is_measured_from_the_end_of_a_fault_to_what_was_begun_after_it() -> None:
    lines, facts = a_run()
    lines.append(click("ok", 11.0))
    facts.notes += [note(9.5, "changed", OTHER), note(14.0, "removed", OTHER)]

    [one] = recoveries(Story.of(lines), facts)

    assert (one.kind, one.seconds, one.at) == ("POSTGRES_DOWN", 5.0, 9.0)


def test_a_fault_that_ends_within_another_is_measured_with_it() -> None:
    lines, facts = a_run()
    lines.append({"op": "fault", "kind": "LATENCY", "start": 6.0, "end": 7.0})

    assert [one.kind for one in recoveries(Story.of(lines), facts)] == ["POSTGRES_DOWN"]


def test_a_takeover_is_measured_from_the_end_of_whoever_was_at_it() -> None:
    lines, facts = a_run()
    lines.append({"op": "ended", "process": "worker-1", "at": 4.0})
    facts.notes[2:] = [note(9.0, "changed", OTHER), note(10.0, "removed", OTHER)]

    assert takeovers(Story.of(lines), facts) == [1.0]  # for four seconds there was no PostgreSQL


def test_a_worker_that_goes_on_has_left_nothing_to_others() -> None:
    lines, facts = a_run()
    lines.append({"op": "fault", "kind": "WORKER_FROZEN", "start": 3.0, "end": 4.0})
    facts.notes[2:] = [note(9.0, "changed", OTHER), note(10.0, "removed", OTHER)]

    assert takeovers(Story.of(lines), facts) == []
