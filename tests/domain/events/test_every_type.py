from __future__ import annotations

import json
import re
from copy import deepcopy

import pytest

from domain.events.rules import API_VERSION, EventType
from tests.domain.events import schemas
from tests.domain.events.happening import CASES, a_world, tried_out

TYPES = [one.value for one in EventType]


@pytest.mark.asyncio(loop_scope="module")
async def test_everything_that_happens_is_told_once_and_as_its_schema_says(db, owner):
    world = await a_world(db, owner)
    emails = await owner.fetch("SELECT email FROM affiliate")
    seen = set()
    for type, (case, tells) in CASES.items():
        await case(world)
        events = await world.events()
        assert sorted(event["type"] for event in events) == sorted(tells), type
        for event in events:
            body = event["body"]
            assert schemas.faults(body) == []
            assert schemas.unnamed(body) == []
            assert (body["type"], body["entity"]) == (event["type"], event["entity"])
            assert body["sequence"] == event["sequence"]
            assert body["data"]["id"] == event["entity"]
            assert not any(row["email"] in json.dumps(body) for row in emails)
            seen.add(body["type"])
        await world.forget()
    await tried_out(world)
    test = json.loads(
        await owner.fetchval(
            "SELECT body FROM webhook_delivery WHERE account_id = $1", world.account_id
        )
    )
    assert schemas.faults(test) == []
    assert {*seen, test["type"]} == set(TYPES)


@pytest.mark.parametrize("type", TYPES)
def test_an_example_is_what_its_schema_says(type):
    example = schemas.example(type)
    assert (example["type"], example["api_version"]) == (type, API_VERSION)
    assert schemas.faults(example) == []
    assert schemas.unnamed(example) == []
    for name in schemas.schema(type)["required"]:
        without = deepcopy(example)
        del without[name]
        assert schemas.faults(without | {"type": type}) or name == "type"
    assert schemas.faults(example | {"one_day": "there is more"}) == []


def test_the_folder_has_every_type_and_nothing_else():
    files = {
        *(f"{type}.{kind}.json" for type in TYPES for kind in ("schema", "example")),
        "README.md",
        "released.json",
    }
    assert {path.name for path in schemas.FOLDER.iterdir()} == files
    table = (schemas.FOLDER / "README.md").read_text()
    assert re.findall(r"^\| \[`([\w.]+)`\]", table, re.MULTILINE) == TYPES


def test_schemas_only_ever_get_more():
    """Clients have the schemas of the last release: a field stays, as what it is, and is there."""
    released = json.loads((schemas.FOLDER / "released.json").read_text())
    assert released.keys() <= set(TYPES)
    for type, fields in released.items():
        assert fields.items() <= schemas.shape(schemas.schema(type)).items(), type
