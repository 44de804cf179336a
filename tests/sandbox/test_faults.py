"""Faults: each strikes where it was ordered, as often as it was ordered."""

from __future__ import annotations

import time

import orjson
import pytest


@pytest.fixture
async def shop(rehearsal, tagged):
    """Twenty measured creatives with ten clicks each."""
    template = await rehearsal.enable(rehearsal.profile_of("fernhollow"))

    class Shop:
        profile = rehearsal.profile_of("fernhollow")

    for place in range(20):
        url = tagged(f"/dp/{rehearsal.asins('fernhollow')[0]}", template, page=f"p{place}")
        await rehearsal.click(url, times=10)
    await rehearsal.advance(24)
    return Shop()


async def _order(rehearsal, **fault: object) -> str:
    return (await rehearsal.control("PUT", "faults", fault))["faults"][0]["id"]


@pytest.mark.parametrize("retry_after", [7, None])
@pytest.mark.parametrize("body", ["json", "html"])
async def test_throttled_with_and_without_retry_after(rehearsal, shop, retry_after, body):
    await _order(
        rehearsal,
        kind="throttled",
        times=1,
        retry_after=retry_after,
        body=body,
        path="/attribution/report",
    )

    first = await rehearsal.ask_report(shop.profile)
    second = await rehearsal.ask_report(shop.profile)

    assert (first.status_code, second.status_code) == (429, 200)
    assert first.headers.get("Retry-After") == (None if retry_after is None else "7")
    assert first.headers["Content-Type"].startswith(
        "application/json" if body == "json" else "text/html"
    )


@pytest.mark.parametrize("level", ["ADGROUP", "CREATIVE", "PRODUCTS", "CAMPAIGN"])
async def test_one_level_is_down_and_the_others_work(rehearsal, shop, level):
    await _order(rehearsal, kind="status", status=500, level=level)

    found = {
        one: (await rehearsal.ask_report(shop.profile, one)).status_code
        for one in ("CAMPAIGN", "ADGROUP", "CREATIVE", "PRODUCTS")
    }

    assert found == {one: 500 if one == level else 200 for one in found}


async def test_a_fault_of_one_profile_spares_another(rehearsal, shop):
    other = rehearsal.profile_of("lumentide")
    await _order(rehearsal, kind="status", status=503, profile=shop.profile)

    assert (await rehearsal.ask_report(shop.profile)).status_code == 503
    assert (await rehearsal.ask_report(other, person="lucas")).status_code == 200


async def test_a_fault_lasts_until_it_is_cleared(rehearsal, shop):
    id = await _order(rehearsal, kind="status", status=502, path="/attribution")

    during = [(await rehearsal.ask_report(shop.profile)).status_code for _ in range(3)]
    listed = await rehearsal.control("GET", "faults")
    cleared = await rehearsal.control("DELETE", f"faults/{id}")

    assert during == [502] * 3
    assert listed["faults"][0]["struck"] == 3
    assert cleared == {"cleared": 1}
    assert (await rehearsal.ask_report(shop.profile)).status_code == 200


async def test_chance_comes_from_the_seed(rehearsal, shop):
    await _order(rehearsal, kind="status", probability=0.5, path="/attribution/report")

    found = [(await rehearsal.ask_report(shop.profile)).status_code for _ in range(30)]

    assert 5 < found.count(500) < 25


async def test_slow_waits(rehearsal, shop):
    await _order(rehearsal, kind="slow", ms=80, path="/attribution/report")

    begun = time.monotonic()
    answer = await rehearsal.ask_report(shop.profile)

    assert answer.status_code == 200
    assert time.monotonic() - begun >= 0.08


async def test_an_expired_token_is_401_and_403(rehearsal, shop):
    await _order(rehearsal, kind="expired_token")
    headers = {"x-amz-access-token": "Atza|x"}

    ads = await rehearsal.http.get("/v2/profiles")
    selling = await rehearsal.http.get("/sellers/v1/marketplaceParticipations", headers=headers)

    assert (ads.status_code, selling.status_code) == (401, 403)


async def test_a_truncated_answer_is_not_json(rehearsal, shop):
    await _order(rehearsal, kind="truncated", path="/attribution/report", times=1)

    answer = await rehearsal.ask_report(shop.profile)

    assert answer.status_code == 200
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(answer.content)


async def test_a_cursor_comes_back_unchanged(rehearsal, shop):
    await _order(rehearsal, kind="repeated_cursor")

    first = (await rehearsal.ask_report(shop.profile, "CREATIVE", count=8)).json()
    cursor = first["cursorId"]
    second = (await rehearsal.ask_report(shop.profile, "CREATIVE", count=8, cursorId=cursor)).json()

    assert second["cursorId"] == cursor
    assert second["reports"] != first["reports"]


async def test_an_empty_page_has_a_cursor(rehearsal, shop):
    await _order(rehearsal, kind="empty_page", times=1)

    body = (await rehearsal.ask_report(shop.profile)).json()

    assert body["reports"] == []
    assert body["cursorId"]


async def test_creatives_lose_their_ids(rehearsal, shop):
    await _order(rehearsal, kind="null_ids")

    rows = await rehearsal.rows(shop.profile, "CREATIVE")

    lost = [row for row in rows if row["creativeId"] is None]
    assert 10 <= len(lost) < 20
    assert all("Click-throughs" not in row for row in lost)


async def test_the_bonus_is_refused_or_left_out(rehearsal, shop):
    refused = await _order(rehearsal, kind="brb_refused")
    first = await rehearsal.ask_report(shop.profile, metrics="brb_bonus_amount,unitsSold14d")
    await rehearsal.control("DELETE", f"faults/{refused}")
    await _order(rehearsal, kind="brb_absent")
    second = await rehearsal.rows(shop.profile, metrics="brb_bonus_amount,unitsSold14d")

    assert first.status_code == 400
    assert first.json()["details"] == "Invalid metric: brb_bonus_amount"
    assert "brb_bonus_amount" not in second[0]
    assert "unitsSold14d" in second[0]


async def test_totals_are_refused(rehearsal, shop):
    await _order(rehearsal, kind="totals_refused", times=1)

    answer = await rehearsal.ask_report(shop.profile, metrics="totalUnitsSold14d")

    assert answer.json()["details"] == "Invalid metric: totalUnitsSold14d"


async def test_a_profile_stops_being_eligible(rehearsal, shop):
    await _order(rehearsal, kind="not_eligible", profile=shop.profile)

    assert (
        "not authorized to use Amazon Attribution"
        in (await rehearsal.ask_report(shop.profile)).text
    )


async def test_a_shrunken_report(rehearsal, shop):
    await _order(rehearsal, kind="shrunken", keep=0.25)

    assert len(await rehearsal.rows(shop.profile, "CREATIVE")) == 5


async def test_the_token_endpoint_refuses_the_client_or_the_grant(rehearsal, came_back):
    code = came_back(await rehearsal.consent())["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "http://127.0.0.1:9/back",
    }
    refresh_token = (await rehearsal.token(rehearsal.ads, **form)).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}

    await _order(rehearsal, kind="invalid_client", times=1)
    client = await rehearsal.token(rehearsal.ads, **form)
    good = await rehearsal.token(rehearsal.ads, **form)
    await _order(rehearsal, kind="invalid_grant", times=1)
    grant = await rehearsal.token(rehearsal.ads, **form)
    still = await rehearsal.token(rehearsal.ads, **form)

    assert [one.status_code for one in (client, good, grant, still)] == [401, 200, 400, 400]
    assert client.json()["error"] == "invalid_client"
    assert still.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "earthquake"}, "kind must be one of"),
        ({"kind": "slow", "seconds": 3}, "a fault has no seconds"),
        ({"kind": "slow", "probability": 2}, "between 0 and 1"),
        ({"kind": "slow", "ms": "long"}, "ms"),
    ],
)
async def test_a_fault_that_cannot_be_ordered(rehearsal, fault, words):
    answer = await rehearsal.http.put("/sandbox/faults", json=fault)

    assert answer.status_code == 400
    assert words in answer.json()["error"]
