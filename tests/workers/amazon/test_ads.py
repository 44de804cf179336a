import logging
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from domain.catalog.marketplaces import Region
from tests.workers.amazon.rehearsal import AnyTokens, FakeTime
from workers.amazon.ads import Ads, Profile
from workers.amazon.endpoints import Endpoints
from workers.amazon.errors import (
    AccessLost,
    InvalidGrant,
    NotEligible,
    NotUnderstood,
    Rejected,
    Throttled,
    TryLater,
)

A_PROFILE = Profile(
    Region.NORTH_AMERICA, "1", "seller", "A1", "Acme", "ATVPDKIKX0DER", "US", "USD", "UTC"
)


async def profile_of(ads, merchant: str = "Juniper Row Trading") -> Profile:
    return next(profile for profile in await ads.profiles() if profile.name == merchant)


async def test_profiles_of_all_regions_are_found_without_the_legacy_one(rehearsal) -> None:
    ads, _ = await rehearsal.ads("lucas")
    assert {(p.region, p.country, p.currency) for p in await ads.profiles()} == {
        (Region.NORTH_AMERICA, "US", "USD"),
        (Region.NORTH_AMERICA, "CA", "CAD"),
        (Region.EUROPE, "UK", "GBP"),
        (Region.EUROPE, "DE", "EUR"),
    }
    ads, _ = await rehearsal.ads("june")
    (found,) = await ads.profiles()
    known = {one["id"]: one for one in rehearsal.world["profiles"]}
    assert found.id in known
    assert found.time_zone == "America/Los_Angeles"


async def test_vendors_and_agencies_are_told_from_sellers(rehearsal) -> None:
    """S5."""
    vendor, _ = await rehearsal.ads("vera")
    agency, _ = await rehearsal.ads("agnes")
    assert [p.kind for p in await vendor.profiles()] == ["vendor"]
    assert {p.kind for p in await agency.profiles()} == {"agency", "seller"}


async def test_a_person_who_may_only_look_sees_the_profile_too(rehearsal) -> None:
    ads, _ = await rehearsal.ads("viewer")
    assert [p.name for p in await ads.profiles()] == ["Juniper Row Trading"]


async def test_a_profile_id_of_64_bits_is_kept_exactly(scripted) -> None:
    body = '[{"profileId":9007199254740993,"accountInfo":{"type":"seller","id":"A1"}}]'
    answers = [Response(body), Response("[]"), Response("[]")]
    (profile,) = await scripted(answers).ads.profiles()
    assert profile.id == "9007199254740993"


@pytest.mark.parametrize("key", ["publisher", "publishers"])
async def test_publishers_are_read_under_both_keys(rehearsal, key) -> None:
    await rehearsal.switch(publishers_key=key)
    ads, _ = await rehearsal.ads()
    found = {one.id: one for one in await ads.publishers(await profile_of(ads))}
    assert (found["12"].name, found["12"].macro_enabled) == ("Email - Other", False)
    assert found["1"].macro_enabled


@pytest.mark.parametrize("form", ["wrapped", "unwrapped"])
@pytest.mark.parametrize("spelling", ["insertCampaign", "insertCampaignId", "campaignId"])
async def test_a_tag_template_is_found_in_both_forms(rehearsal, form, spelling) -> None:
    await rehearsal.switch(tag_map=form, tag_placeholders=spelling)
    ads, _ = await rehearsal.ads()
    ((advertiser, tag),) = (await ads.tag_templates(await profile_of(ads), "12")).items()
    assert tag.startswith(f"?maas=maas_adg_api_{advertiser}_static_12_")
    assert "aa_creativeid={" in tag


async def test_a_macro_publisher_has_no_template(rehearsal) -> None:
    ads, _ = await rehearsal.ads()
    with pytest.raises(Rejected, match="publisher not supported"):
        await ads.tag_templates(await profile_of(ads), "1")


@pytest.mark.parametrize("body", [{}, {"1": {"11": "?maas=x"}}, {"1": {"12": "maas=x"}}, {"1": 3}])
async def test_tags_of_another_form_are_not_understood(scripted, body) -> None:
    with pytest.raises(NotUnderstood):
        await scripted([JSONResponse(body)]).ads.tag_templates(A_PROFILE, "12")


@pytest.mark.parametrize("form", ["400_message", "403_maas"])
async def test_a_profile_without_attribution_is_not_eligible(rehearsal, form) -> None:
    """S4."""
    await rehearsal.switch(not_eligible=form)
    ads, _ = await rehearsal.ads("quinn")
    (profile,) = await ads.profiles()
    with pytest.raises(NotEligible, match="not authorized to use Amazon Attribution"):
        await ads.tag_templates(profile, "12")
    assert rehearsal.time.sleeps == []


async def test_a_token_that_ran_out_is_renewed_once(rehearsal) -> None:
    ads, tokens = await rehearsal.ads()
    profile = await profile_of(ads)
    await rehearsal.fault("expired_token", path="/attribution/publishers")

    assert await ads.publishers(profile)
    assert tokens.refreshes == 1


async def test_a_fresh_token_that_is_refused_too_means_access_is_lost(rehearsal) -> None:
    ads, tokens = await rehearsal.ads()
    profile = await profile_of(ads)
    await rehearsal.fault("expired_token", path="/attribution/publishers", times=None)

    with pytest.raises(AccessLost, match="Authentication failed"):
        await ads.publishers(profile)
    assert tokens.refreshes == 1


async def test_a_revoked_consent_stops_in_one_try(rehearsal) -> None:
    ads, tokens = await rehearsal.ads()
    profile = await profile_of(ads)
    await rehearsal.control("POST", "revocations", {"person": "june"})

    with pytest.raises(InvalidGrant):
        await ads.publishers(profile)
    assert (tokens.refreshes, rehearsal.time.sleeps) == (1, [])


@pytest.mark.parametrize(
    ("how", "sleeps"),
    [
        ({"retry_after": 7}, [7]),
        ({"retry_after": 7, "body": "html"}, [7]),
        ({"body": "html"}, [2]),
        ({"body": "html", "times": 3}, [2, 4, 8]),
    ],
)
async def test_a_429_is_waited_out_as_amazon_asks(rehearsal, how, sleeps) -> None:
    ads, _ = await rehearsal.ads()
    profile = await profile_of(ads)
    await rehearsal.fault("throttled", path="/attribution/publishers", **how)

    assert await ads.publishers(profile)
    assert rehearsal.time.sleeps == sleeps


async def test_a_long_retry_after_is_handed_on_instead_of_slept(rehearsal) -> None:
    ads, _ = await rehearsal.ads()
    profile = await profile_of(ads)
    await rehearsal.fault("throttled", path="/attribution/publishers", retry_after=900)

    with pytest.raises(Throttled) as given_up:
        await ads.publishers(profile)
    assert given_up.value.retry_after_s == 900
    assert rehearsal.time.sleeps == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_failure_of_amazons_is_waited_out(rehearsal, status) -> None:
    ads, _ = await rehearsal.ads()
    profile = await profile_of(ads)
    await rehearsal.fault("status", path="/attribution/publishers", status=status, body="html")

    assert await ads.publishers(profile)
    assert rehearsal.time.sleeps == [2]


@pytest.mark.parametrize("status", [400, 404, 406, 415, 422])
async def test_a_refusal_is_told_in_amazons_words_and_not_repeated(rehearsal, status) -> None:
    ads, _ = await rehearsal.ads()
    profile = await profile_of(ads)
    await rehearsal.fault("status", path="/attribution/publishers", status=status)

    with pytest.raises(Rejected) as refused:
        await ads.publishers(profile)
    assert refused.value.answer.status == status
    assert rehearsal.time.sleeps == []


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        ('{"code":"400","details":"no"}', "400", "no"),
        ('{"code":422,"detail":"no"}', "422", "no"),
        ('{"code":"NOT_FOUND","details":"no","requestId":"K1"}', "NOT_FOUND", "no"),
        ('{"message":"no"}', "no code", "no"),
        ('{"errors":[{"code":"InvalidInput","message":"no"}]}', "InvalidInput", "no"),
        ('{"errors":[]}', "no code", ""),
        ("<html>no</html>", "no code", "<html>no</html>"),
        ("[1]", "no code", "[1]"),
        ("", "no code", ""),
    ],
)
async def test_every_form_of_refusal_is_read(scripted, body, code, detail) -> None:
    with pytest.raises(Rejected) as refused:
        await scripted([Response(body, 400)]).ads.publishers(A_PROFILE)
    assert (refused.value.answer.code, refused.value.answer.detail) == (code, detail)


async def test_every_call_carries_token_client_and_scope(scripted) -> None:
    amazon = scripted([JSONResponse({"publishers": []})])
    await amazon.ads.publishers(A_PROFILE)
    ((request, _),) = amazon.script.asked
    assert request.headers["authorization"] == "Bearer Atza|1"
    assert request.headers["amazon-advertising-api-clientid"] == "client"
    assert request.headers["amazon-advertising-api-scope"] == "1"


async def test_a_redirect_is_not_followed(scripted) -> None:
    answers = [Response(status_code=302, headers={"Location": "https://evil.example/"})]
    amazon = scripted(answers)
    with pytest.raises(Rejected):
        await amazon.ads.publishers(A_PROFILE)
    assert len(amazon.script.asked) == 1


async def test_a_network_that_fails_is_try_later_and_keeps_the_address_to_itself() -> None:
    async def cut(scope: Any, receive: Any, send: Any) -> None:
        raise httpx.ConnectError("https://advertising-api.amazon.com?secret")

    time = FakeTime()
    http = httpx.AsyncClient(transport=httpx.ASGITransport(cut))
    ads = Ads(http, Endpoints.production(), "client", AnyTokens(), time.pace())
    with pytest.raises(TryLater, match="ConnectError") as failed:
        await ads.publishers(A_PROFILE)
    assert "secret" not in str(failed.value)
    assert len(time.sleeps) == 5


async def test_no_token_is_logged(rehearsal, caplog) -> None:
    ads, tokens = await rehearsal.ads()
    caplog.set_level(logging.DEBUG)
    await rehearsal.fault("expired_token", path="/v2/profiles")
    before = tokens.held.access_token
    assert await ads.profiles()
    for token in (before, tokens.held.access_token, tokens.held.refresh_token):
        assert token not in caplog.text
