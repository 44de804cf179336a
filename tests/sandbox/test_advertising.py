"""Profiles, advertisers, publishers, tags: the shapes, and who may have them."""

from __future__ import annotations

import pytest

BACK = "http://127.0.0.1:9/back"


async def _profiles(rehearsal, person: str = "june", region: str = "", **query: str):
    token = await rehearsal.log_in(person)
    answer = await rehearsal.http.get(
        f"{region}/v2/profiles", params=query, headers=rehearsal.headers(token)
    )
    assert answer.status_code == 200
    return answer.json()


async def test_profiles_are_a_bare_array_with_integer_ids(rehearsal):
    profiles = await _profiles(rehearsal)

    one = next(p for p in profiles if "subType" not in p["accountInfo"])
    assert one == {
        "profileId": int(rehearsal.profile_of("fernhollow")),
        "countryCode": "US",
        "currencyCode": "USD",
        "dailyBudget": 9.99999999e8,
        "timezone": "America/Los_Angeles",
        "accountInfo": {
            "marketplaceStringId": "ATVPDKIKX0DER",
            "id": rehearsal.brand("fernhollow")["seller_id"],
            "type": "seller",
            "name": "Juniper Row Trading",
            "validPaymentMethod": True,
        },
    }


async def test_the_legacy_profile_shows_its_subtype(rehearsal):
    subtypes = [p["accountInfo"].get("subType") for p in await _profiles(rehearsal)]

    assert sorted(subtypes, key=str) == ["AMAZON_ATTRIBUTION", None]


async def test_each_host_knows_its_own_region_only(rehearsal):
    countries = {
        region: [p["countryCode"] for p in await _profiles(rehearsal, "lucas", region)]
        for region in ("", "/na", "/eu", "/fe")
    }

    assert countries == {"": ["US", "CA"], "/na": ["US", "CA"], "/eu": ["UK", "DE"], "/fe": []}


async def test_a_viewer_is_listed_only_when_viewing_is_asked_for(rehearsal):
    assert await _profiles(rehearsal, "viewer") == []
    assert len(await _profiles(rehearsal, "viewer", apiProgram="campaign", accessLevel="view")) == 1


async def test_profiles_are_filtered_by_type(rehearsal):
    sellers = await _profiles(rehearsal, "agnes", profileTypeFilter="seller,vendor")
    agencies = await _profiles(rehearsal, "agnes", profileTypeFilter="agency")

    assert {p["accountInfo"]["type"] for p in sellers} == {"seller"}
    assert [p["accountInfo"]["type"] for p in agencies] == ["agency"]
    assert agencies[0]["accountInfo"]["id"].startswith("ENTITY")
    assert "dailyBudget" not in agencies[0]


async def test_a_new_consent_can_take_time_to_show(rehearsal, came_back):
    await rehearsal.switch(profile_delay_hours=2)
    back = came_back(await rehearsal.consent())
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": BACK}
    body = (await rehearsal.token(rehearsal.ads, **form)).json()
    early = await rehearsal.http.get(
        "/v2/profiles", headers=rehearsal.headers(body["access_token"])
    )

    await rehearsal.advance(2)
    form = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    token = (await rehearsal.token(rehearsal.ads, **form)).json()["access_token"]
    later = await rehearsal.http.get("/v2/profiles", headers=rehearsal.headers(token))

    assert early.json() == []
    assert len(later.json()) == 2


async def _get(rehearsal, path: str, person: str = "june", profile: str | None = None, **query):
    token = await rehearsal.log_in(person)
    scope = profile or rehearsal.profile_of("fernhollow")
    return await rehearsal.http.get(
        f"/attribution/{path}", params=query, headers=rehearsal.headers(token, scope)
    )


async def test_a_seller_profile_has_exactly_one_advertiser(rehearsal):
    answer = await _get(rehearsal, "advertisers")

    (one,) = answer.json()["advertisers"]
    assert one["advertiserName"] == "Juniper Row Trading"
    assert isinstance(one["advertiserId"], str)


@pytest.mark.parametrize("key", ["publishers", "publisher"])
async def test_the_publishers_come_under_either_key(rehearsal, key):
    await rehearsal.switch(publishers_key=key)

    body = (await _get(rehearsal, "publishers")).json()

    assert list(body) == [key]
    assert len(body[key]) == 29
    assert body[key][0] == {"name": "Google Ads", "id": "1", "macroEnabled": True}
    assert body[key][11] == {"name": "Email - Other", "id": "12", "macroEnabled": False}


def _advertiser(rehearsal) -> str:
    profile = rehearsal.profile_of("fernhollow")
    return next(one for one in rehearsal.about["profiles"] if one["id"] == profile)["advertiser_id"]


@pytest.mark.parametrize(
    ("spelling", "ids"),
    [
        ("insertCampaign", ("{insertCampaign}", "{insertAdGroupId}", "{insertCreativeId}")),
        ("insertCampaignId", ("{insertCampaignId}", "{insertAdGroupId}", "{insertAdiD}")),
        ("campaignId", ("{campaignId}", "{adgroupId}", "{creativeId}")),
    ],
)
async def test_a_template_tag_in_each_spelling(rehearsal, spelling, ids):
    await rehearsal.switch(tag_placeholders=spelling)

    body = (await _get(rehearsal, "tags/nonMacroTemplateTag", publisherIds="12")).json()

    advertiser = _advertiser(rehearsal)
    assert body == {
        advertiser: {
            "12": f"?maas=maas_adg_api_{advertiser}_static_12_73&ref_=aa_maas&tag=maas"
            f"&aa_campaignid={ids[0]}&aa_adgroupid={ids[1]}&aa_creativeid={ids[2]}"
        }
    }


async def test_the_tag_map_can_be_wrapped(rehearsal):
    await rehearsal.switch(tag_map="wrapped")

    body = (await _get(rehearsal, "tags/nonMacroTemplateTag", publisherIds="12")).json()

    assert list(body) == ["advertiserAttributionTagMap"]
    assert list(body["advertiserAttributionTagMap"]) == [_advertiser(rehearsal)]


@pytest.mark.parametrize("ids", [["9", "11"], "9,11"])
async def test_publisher_ids_are_taken_repeated_or_with_commas(rehearsal, ids):
    body = (await _get(rehearsal, "tags/nonMacroTemplateTag", publisherIds=ids)).json()

    assert list(body[_advertiser(rehearsal)]) == ["9", "11"]


async def test_a_macro_tag_holds_the_publishers_own_macros(rehearsal):
    body = (await _get(rehearsal, "tags/macroTag", publisherIds="2")).json()

    tag = body[_advertiser(rehearsal)]["2"]
    assert "_macro_2_73&" in tag
    assert tag.endswith(
        "&aa_campaignid={{campaign.id}}&aa_adgroupid={{adset.id}}&aa_creativeid={{ad.id}}"
    )


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("tags/nonMacroTemplateTag", {"publisherIds": "1"}),
        ("tags/macroTag", {"publisherIds": "12"}),
        ("tags/nonMacroTemplateTag", {"publisherIds": "99"}),
        ("tags/nonMacroTemplateTag", {}),
        ("tags/nonMacroTemplateTag", {"publisherIds": "12", "advertiserIds": "1"}),
    ],
)
async def test_a_tag_that_there_is_not(rehearsal, path, query):
    answer = await _get(rehearsal, path, **query)

    assert answer.status_code == 400
    assert answer.json()["code"] == "400"
    assert answer.json()["details"].startswith("Invalid request, publisher not supported")


@pytest.mark.parametrize("path", ["advertisers", "publishers"])
async def test_a_profile_without_attribution_is_refused_in_either_way(rehearsal, path):
    profile = rehearsal.profile_of("quickshelf")

    recorded = await _get(rehearsal, path, "quinn", profile)
    await rehearsal.switch(not_eligible="403_maas")
    documented = await _get(rehearsal, path, "quinn", profile)

    text = "This profileID is not authorized to use Amazon Attribution"
    assert (recorded.status_code, recorded.json()) == (400, {"message": text})
    assert (documented.status_code, documented.json()) == (403, {"code": "403", "details": text})


async def test_a_missing_scope_and_a_strange_one(rehearsal):
    token = await rehearsal.log_in()
    headers = rehearsal.headers(token)

    missing = await rehearsal.http.get("/attribution/publishers", headers=headers)
    await rehearsal.switch(missing_scope_status=400, error_codes="words")
    other = await rehearsal.http.get("/attribution/publishers", headers=headers)
    strange = await _get(rehearsal, "publishers", profile=rehearsal.profile_of("lumentide"))

    assert (missing.status_code, missing.json()["details"]) == (401, "Scope header is missing")
    assert (other.status_code, other.json()["code"]) == (400, "BAD_REQUEST")
    assert strange.status_code == 401
    assert strange.json()["details"].startswith("Not authorized to access scope")


async def test_a_token_is_refused_with_another_clients_id(rehearsal):
    token = await rehearsal.log_in()
    headers = rehearsal.headers(token) | {
        "Amazon-Advertising-API-ClientId": rehearsal.selling["client_id"]
    }

    answer = await rehearsal.http.get("/v2/profiles", headers=headers)

    assert answer.status_code == 401
