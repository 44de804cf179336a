"""Login with Amazon: consent, codes, tokens, revocation."""

from __future__ import annotations

import base64
import hashlib

import pytest

BACK = "http://127.0.0.1:9/back"


async def test_the_consent_page_is_a_form_that_a_person_can_answer(rehearsal):
    query = {
        "client_id": rehearsal.ads["client_id"],
        "scope": "advertising::campaign_management",
        "response_type": "code",
        "redirect_uri": BACK,
        "state": "<s>",
    }

    page = await rehearsal.http.get("/ap/oa", params=query)

    assert page.status_code == 200
    assert '<form method="post" action="/ap/oa">' in page.text
    assert 'value="allow"' in page.text
    assert 'value="cancel"' in page.text
    assert "June Ashby" in page.text
    assert 'name="state" value="&lt;s&gt;"' in page.text


async def test_allowing_returns_a_code_the_scope_and_the_state(rehearsal, came_back):
    back = came_back(await rehearsal.consent())

    assert set(back) == {"code", "scope", "state"}
    assert back["scope"] == "advertising::campaign_management"
    assert back["state"] == "s-1"


async def test_cancelling_returns_access_denied(rehearsal, came_back):
    back = came_back(await rehearsal.consent(decision="cancel"))

    assert back["error"] == "access_denied"
    assert back["state"] == "s-1"
    assert "code" not in back


async def test_an_unknown_client_is_not_redirected(rehearsal):
    answer = await rehearsal.consent(client_id="amzn1.application-oa2-client.nobody")

    assert answer.status_code == 400
    assert "Location" not in answer.headers


async def test_an_unlisted_return_url_is_not_redirected_to(rehearsal):
    await rehearsal.switch(return_urls=["https://app.example.com/"])

    answer = await rehearsal.consent()

    assert answer.status_code == 400
    assert "Location" not in answer.headers


async def test_the_selling_client_cannot_ask_for_the_advertising_scope(rehearsal, came_back):
    back = came_back(await rehearsal.consent(client_id=rehearsal.selling["client_id"]))

    assert back["error"] == "invalid_scope"


async def _exchange(rehearsal, code: str, **more: str):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more}
    return await rehearsal.token(rehearsal.ads, **form)


async def test_a_code_becomes_tokens_once(rehearsal, came_back):
    code = came_back(await rehearsal.consent())["code"]

    first = await _exchange(rehearsal, code)
    second = await _exchange(rehearsal, code)

    assert first.status_code == 200
    body = first.json()
    assert body["access_token"].startswith("Atza|")
    assert body["refresh_token"].startswith("Atzr|")
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert max(len(body["access_token"]), len(body["refresh_token"])) <= 2048
    assert second.status_code == 400
    assert second.json() == {
        "error": "invalid_grant",
        "error_description": "The request has an invalid grant parameter : code",
    }


async def test_a_code_lives_five_minutes(rehearsal, came_back):
    late = came_back(await rehearsal.consent())["code"]
    await rehearsal.advance(1 / 60)
    in_time = came_back(await rehearsal.consent())["code"]
    await rehearsal.advance(4 / 60)

    assert (await _exchange(rehearsal, late)).json()["error"] == "invalid_grant"
    assert (await _exchange(rehearsal, in_time)).status_code == 200


async def test_a_code_is_bound_to_its_return_url(rehearsal, came_back):
    code = came_back(await rehearsal.consent())["code"]

    answer = await _exchange(rehearsal, code, redirect_uri="http://127.0.0.1:9/other")

    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("verifier", ["right", "wrong", None])
async def test_a_proof_key_is_checked(rehearsal, came_back, verifier):
    digest = hashlib.sha256(b"right").digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    consent = await rehearsal.consent(code_challenge=challenge, code_challenge_method="S256")
    more = {} if verifier is None else {"code_verifier": verifier}

    answer = await _exchange(rehearsal, came_back(consent)["code"], **more)

    assert (answer.status_code == 200) == (verifier == "right")


async def test_refreshing_gives_the_same_refresh_token_and_a_new_access_token(rehearsal, came_back):
    code = came_back(await rehearsal.consent())["code"]
    first = (await _exchange(rehearsal, code)).json()

    again = await rehearsal.token(
        rehearsal.ads, grant_type="refresh_token", refresh_token=first["refresh_token"]
    )

    assert again.json()["refresh_token"] == first["refresh_token"]
    assert again.json()["access_token"] != first["access_token"]


async def test_a_revoked_consent_ends_refresh_and_access(rehearsal, came_back):
    code = came_back(await rehearsal.consent())["code"]
    body = (await _exchange(rehearsal, code)).json()

    assert await rehearsal.control("POST", "revocations", {"person": "june"}) == {"revoked": 1}
    refreshed = await rehearsal.token(
        rehearsal.ads, grant_type="refresh_token", refresh_token=body["refresh_token"]
    )
    called = await rehearsal.http.get(
        "/v2/profiles", headers=rehearsal.headers(body["access_token"])
    )

    assert refreshed.status_code == 400
    assert refreshed.json()["error"] == "invalid_grant"
    assert "revoked" in refreshed.json()["error_description"]
    assert called.status_code == 401


async def test_a_wrong_secret_is_invalid_client(rehearsal):
    client = {**rehearsal.ads, "client_secret": "wrong"}

    answer = await rehearsal.token(client, grant_type="refresh_token", refresh_token="Atzr|x")

    assert answer.status_code == 401
    assert answer.json() == {
        "error_description": "Client authentication failed",
        "error": "invalid_client",
    }


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "Atzr|nobody"}, "invalid_grant"),
    ],
)
async def test_a_token_call_that_cannot_be(rehearsal, form, error):
    answer = await rehearsal.token(rehearsal.ads, **form)

    assert answer.status_code == 400
    assert answer.json()["error"] == error


async def test_detailed_errors_carry_an_index_and_a_request_id(rehearsal):
    await rehearsal.switch(login_errors="detailed")

    answer = await rehearsal.token(
        rehearsal.ads, grant_type="refresh_token", refresh_token="Atzr|nobody"
    )

    assert set(answer.json()) == {"error", "error_description", "error_index", "request_id"}


async def test_an_access_token_lives_an_hour_of_the_sandbox_clock(rehearsal):
    token = await rehearsal.log_in()

    await rehearsal.advance(59 / 60)
    before = await rehearsal.http.get("/v2/profiles", headers=rehearsal.headers(token))
    await rehearsal.advance(1 / 60)
    after = await rehearsal.http.get("/v2/profiles", headers=rehearsal.headers(token))

    assert before.status_code == 200
    assert after.status_code == 401
    assert after.json()["code"] == "401"
    assert after.json()["details"] == "Authentication failed"
    assert after.json()["requestId"]


async def test_the_seller_consent_names_the_selling_partner(rehearsal, came_back):
    back = came_back(await rehearsal.seller_consent())

    assert back["selling_partner_id"] == rehearsal.brand("fernhollow")["seller_id"]
    assert back["state"] == "s-2"
    assert back["spapi_oauth_code"]


async def test_a_person_without_a_seller_account_cannot_authorize(rehearsal):
    answer = await rehearsal.seller_consent("vera")

    assert answer.status_code == 400


async def test_a_code_of_one_client_is_worthless_to_the_other(rehearsal, came_back):
    code = came_back(await rehearsal.seller_consent())["spapi_oauth_code"]

    answer = await rehearsal.token(rehearsal.ads, grant_type="authorization_code", code=code)

    assert answer.json()["error"] == "invalid_grant"
