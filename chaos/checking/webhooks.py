"""Every event that was committed reached whoever listens, as it was written, and signed."""

from __future__ import annotations

import base64
import hmac
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

from chaos.checking.facts import Endpoint, Event, Facts
from chaos.checking.findings import Finding, Wrong
from chaos.checking.story import Line, Story


def check(story: Story, facts: Facts) -> Iterator[Finding]:
    yield from _committed(facts)
    yield from _sequences(facts)
    yield from _announced(story, facts)
    yield from _arrivals(story, facts)


def delivered(story: Story) -> int:
    """How many events arrived, each counted once at each endpoint."""
    return len({(one["path"], one["id"]) for one in story.told("received") if _taken(one)})


def repeated(story: Story) -> int:
    """How often something came again that had been taken."""
    taken = Counter((one["path"], one["id"]) for one in story.told("received") if _taken(one))
    return sum(count - 1 for count in taken.values())


def listeners(event: Event, endpoints: list[Endpoint]) -> list[Endpoint]:
    owners = {*event.affiliates, *([event.account] if event.to_account else [])}
    return [one for one in endpoints if one.owner in owners and event.type in one.types]


def _committed(facts: Facts) -> Iterator[Finding]:
    """The database's side: relayed, and delivered to each endpoint that listens."""
    if facts.waiting_events:
        told = f"{facts.waiting_events} events wait for being relayed"
        yield Finding(Wrong.WEBHOOK_LOST, told)
    rows = {(one.endpoint, one.event): one.status for one in facts.deliveries}
    wanted = {
        (endpoint.id, event.id)
        for event in facts.happened
        for endpoint in listeners(event, facts.endpoints)
    }
    for key in sorted(wanted - rows.keys()):
        yield Finding(Wrong.WEBHOOK_LOST, f"{key[1]} has no delivery to the endpoint {key[0]}")
    for key in sorted(rows.keys() - wanted):
        yield Finding(Wrong.PHANTOM, f"a delivery of {key[1]} to {key[0]}, which nothing asks for")
    for key, status in rows.items():
        if status != "DELIVERED":
            yield Finding(Wrong.WEBHOOK_LOST, f"the delivery of {key[1]} to {key[0]} is {status}")


def _sequences(facts: Facts) -> Iterator[Finding]:
    """From one, without a gap, and the last is the last."""
    numbers: dict[tuple[UUID, str], list[int]] = {}
    for event in facts.happened:
        numbers.setdefault((event.account, event.entity), []).append(event.sequence)
    for key in numbers.keys() | facts.last_sequences.keys():
        found, last = numbers.get(key, []), facts.last_sequences.get(key, 0)
        if sorted(found) != list(range(1, last + 1)):
            yield Finding(
                Wrong.WEBHOOK_LOST, f"{key[1]} has the events {sorted(found)}, the last is {last}"
            )


def _announced(story: Story, facts: Facts) -> Iterator[Finding]:
    """What people were told that it was done has its event, whatever the tables say."""
    heard = Counter((one.type, one.entity) for one in facts.happened)
    types = {type for endpoint in facts.endpoints for type in endpoint.types}
    wanted = [
        ("partnership.created", act["result"]["id"])
        for act in story.effects("partnership")
        if act["outcome"] == "ok"
    ]
    wanted += [
        (f"conversion.{act['effect']['verdict'].lower()}", act["effect"]["conversion"])
        for act in story.effects("decision")
        if act["outcome"] == "ok"
    ]
    for type, entity in wanted:
        if type in types and heard[type, entity] != 1:
            wrong = Wrong.PHANTOM if heard[type, entity] else Wrong.WEBHOOK_LOST
            yield Finding(wrong, f"{entity} has {heard[type, entity]} events {type}, and not one")
    if "partnership.changed" in types:
        yield from _changes(story, heard)


def _changes(story: Story, heard: Counter[tuple[str, str]]) -> Iterator[Finding]:
    """Only a change has an event: pausing what is paused, after something that was never done or
    of which nobody knows, need not have one."""
    done, open = Counter[str](), Counter[str]()
    possible: dict[str, set[str]] = {}
    for act in story.effects("status"):
        id, wanted = act["effect"]["partnership"], act["effect"]["status"]
        before = possible.setdefault(id, {"ACTIVE"})
        if before == {wanted} or act["outcome"] == "refused":
            continue
        if act["outcome"] == "ok":
            possible[id] = {wanted}
        else:
            before.add(wanted)
        certain = act["outcome"] == "ok" and wanted not in before
        done[id] += certain
        open[id] += not certain
    for id in done.keys() | open.keys():
        found = heard["partnership.changed", id]
        least, most = done[id], done[id] + open[id]
        told = f"{id} was changed {least} to {most} times, and has {found} events of it"
        if found < least:
            yield Finding(Wrong.WEBHOOK_LOST, told)
        if found > most:
            yield Finding(Wrong.PHANTOM, told)


def _arrivals(story: Story, facts: Facts) -> Iterator[Finding]:
    """The receivers' side, each by the path of its endpoint."""
    secrets = {one["path"]: str(one["secret"]) for one in story.told("endpoint")}
    at = {urlsplit(one.url).path: one for one in facts.endpoints}
    events = {one.id: one for one in facts.happened}
    taken: set[tuple[str, str]] = set()
    for arrival in story.told("received"):
        path, id = arrival["path"], arrival["id"]
        event = events.get(id)
        if event is None or path not in at or at[path] not in listeners(event, facts.endpoints):
            yield Finding(Wrong.PHANTOM, f"{id} came to {path}, and nothing asks for it")
            continue
        if arrival["body"] != event.body:
            told = f"{id} came to {path} with another body: {arrival['body']} for {event.body}"
            yield Finding(Wrong.DIFFERENT, told)
        if not _signed(arrival, secrets.get(path, "")):
            yield Finding(Wrong.DIFFERENT, f"{id} came to {path} without a signature that verifies")
        elif _taken(arrival):
            taken.add((path, id))
    for event in facts.happened:
        for endpoint in listeners(event, facts.endpoints):
            path = urlsplit(endpoint.url).path
            if path in secrets and (path, event.id) not in taken:
                told = f"{event.id} ({event.type} of {event.entity}) never came to {path}"
                yield Finding(Wrong.WEBHOOK_LOST, told)


def _taken(arrival: Line) -> bool:
    return arrival["status"] is not None and 200 <= arrival["status"] < 300


def _signed(arrival: Line, secret: str) -> bool:
    """By Standard Webhooks, from their text and not by their library."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{arrival['id']}.{arrival['timestamp']}.{arrival['body']}"
    right = base64.b64encode(hmac.digest(key, signed.encode(), "sha256")).decode()
    return f"v1,{right}" in arrival["signature"].split(" ")
