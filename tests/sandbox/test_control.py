"""The control API, the switches, and the server as a process."""

from __future__ import annotations

import ast
import asyncio
import re
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.faults import KINDS
from sandbox.switches import CHOICES, FILE_HEADERS, Switches

ROOT = Path(__file__).parents[2]


async def test_the_clock_stands_still_until_it_is_moved(rehearsal):
    first = await rehearsal.control("GET", "clock")
    await asyncio.sleep(0.02)
    second = await rehearsal.control("GET", "clock")
    moved = await rehearsal.control("POST", "clock", {"to": "2026-08-02T00:00:00+02:00"})

    assert first == second
    assert first["now"] == "2026-08-01T08:00:00+00:00"
    assert moved["now"] == "2026-08-01T22:00:00+00:00"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"to": "2026-07-31T00:00:00Z"}, "cannot go back"),
        ({"to": "2026-08-02T00:00:00"}, "time zone"),
        ({"advance_hours": -1}, "only be advanced"),
        ({}, "advance_hours"),
    ],
)
async def test_a_move_that_the_clock_cannot_make(rehearsal, body, words):
    answer = await rehearsal.http.post("/sandbox/clock", json=body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


async def test_the_world_has_all_kinds_of_sellers_and_profiles(rehearsal):
    about = rehearsal.about
    kinds = {
        (one["type"], one["subtype"], one["advertiser_id"] is None) for one in about["profiles"]
    }

    assert kinds == {
        ("seller", None, False),
        ("seller", None, True),
        ("seller", "AMAZON_ATTRIBUTION", True),
        ("vendor", None, False),
        ("agency", None, True),
    }
    assert any(len(one["brands"]) == 2 for one in about["sellers"])
    assert {one["bonus_enrolled"] for one in about["sellers"]} == {True, False}
    assert {one["registered"] for one in about["brands"]} == {True, False}
    assert {one["country"] for one in about["profiles"]} == {"US", "CA", "GB", "DE"}
    assert about["other_brands_products"]


async def test_a_day_of_shopping_in_one_call(rehearsal, tagged):
    template = await rehearsal.enable(rehearsal.profile_of("fernhollow"))
    asin = rehearsal.asins("fernhollow")[0]
    await rehearsal.advance(24)
    deeds = [
        {
            "type": "click",
            "url": tagged(f"/dp/{asin}", template),
            "shopper": "ann",
            "at": "2026-08-01T10:00:00Z",
        },
        {
            "type": "purchase",
            "shopper": "ann",
            "lines": [{"asin": asin, "quantity": 3}],
            "at": "2026-08-01T11:00:00Z",
        },
    ]

    done = (await rehearsal.control("POST", "shopping", {"deeds": deeds}))["deeds"]
    order = done[1]["order_id"]
    more = [
        {"type": "return", "order_id": order, "asin": asin, "quantity": 1},
        {"type": "cancellation", "order_id": order},
    ]
    await rehearsal.control("POST", "shopping", {"deeds": more})

    figures = (await rehearsal.books(store="fernhollow:US"))["totals"]["happened"]
    assert (figures["returned_units"], figures["cancelled_units"]) == (1, 2)
    assert figures["total_units"] == figures["total_sales_minor"] == 0


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("clicks", {"link": "/dp/x"}, "a click has no link"),
        ("clicks", {}, "a click needs a url"),
        ("purchases", {"shopper": "ann", "lines": []}, "at least one line"),
        ("purchases", {"shopper": "ann", "lines": [{"asin": "B000000000"}]}, "is not sold on"),
        ("purchases", {"shopper": "ann", "lines": [{"sku": "x"}]}, "a line has"),
        ("returns", {"order_id": "order-9", "asin": "x"}, "there is no order"),
        ("shopping", {"deeds": [{"type": "dance"}]}, "type is one of"),
        ("shoppers", {"clicks_per_day": 3}, "needs the url"),
        ("shoppers", {"url": "/dp/x", "speed": 3}, "a crowd has no speed"),
        ("shoppers", {"url": "/dp/x", "buy_rate": "often"}, "$.buy_rate"),
        ("revocations", {}, "refresh_token"),
        ("switches", {"weather": "fine"}, "there is no switch"),
        ("switches", {"masked_form": "purple"}, "masked_form can be"),
        ("switches", {"float_noise": 1}, "float_noise takes a bool"),
        ("switches", {"mask_threshold": -1}, "cannot be negative"),
        ("switches", {"file_headers": ["klingon"]}, "file_headers knows"),
    ],
)
async def test_a_call_that_cannot_be_says_why(rehearsal, path, body, words):
    method = "PUT" if path == "switches" else "POST"

    answer = await rehearsal.http.request(method, f"/sandbox/{path}", json=body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


async def test_switches_that_date_events_are_fixed_by_the_first_event(rehearsal, tagged):
    await rehearsal.switch(click_delay_hours=1)
    await rehearsal.click("/dp/x?tag=maas&maas=x")

    answer = await rehearsal.http.put(
        "/sandbox/switches", json={"float_noise": False, "click_delay_hours": 2}
    )

    assert answer.status_code == 400
    assert "fixed once an event is recorded" in answer.json()["error"]
    assert rehearsal.world.switches.float_noise is True


def test_every_switch_choice_and_fault_is_documented():
    page = (ROOT / "docs" / "sandbox.md").read_text()
    prose = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    names = set(re.findall(r"`([^`]+)`", prose))

    wanted = set(Switches().as_json()) | set(KINDS) | set(FILE_HEADERS)
    wanted |= {str(choice) for choices in CHOICES.values() for choice in choices}
    assert wanted <= names, wanted - names


def test_the_sandbox_imports_nothing_of_the_project():
    own = {path.name.removesuffix(".py") for path in ROOT.iterdir()} - {"sandbox"}
    imported = {
        name.split(".")[0]
        for path in (ROOT / "sandbox").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported & own == set()


def test_the_books_share_no_code_with_the_reports():
    for side, other in (("truth", "sandbox.reporting"), ("reporting", "sandbox.truth")):
        for path in (ROOT / "sandbox" / side).rglob("*.py"):
            assert f"from {other}" not in path.read_text(), path


async def test_the_server_says_where_it_listens_and_stops_when_told():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        "--port",
        "0",
        "--seed",
        "3",
        "--start",
        "2026-03-01",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        url = re.fullmatch(r"sandbox listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert url, line
        async with httpx.AsyncClient(base_url=url.group(1)) as http:
            clock = (await http.get("/sandbox/clock")).json()
            world = (await http.get("/sandbox/world")).json()
    finally:
        process.terminate()
        rest, errors = await asyncio.wait_for(process.communicate(), 20)

    assert clock["now"] == "2026-03-01T08:00:00+00:00"
    assert world["seed"] == 3
    assert (rest, errors) == (b"", b"")
    assert process.returncode == 0
