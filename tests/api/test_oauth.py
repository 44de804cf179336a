"""Both consents as a person gives them, over HTTP against the sandbox."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from api.auth import cookie_name
from domain.amazon.consent import redirect_uri, start_url
from domain.amazon.rules import Api
from domain.duties.rules import Kind
from tests.people import a_person, a_session
from tests.stage import OURS, Stage

LOGIN = f"{OURS}/oauth/amazon/seller/login"


@pytest.mark.parametrize("api", list(Api))
async def test_a_consent_connects_the_seller_account(stage: Stage, api: Api):
    """S8."""
    seller = await stage.seller_account()

    answer = await stage.decide(seller, api)

    assert answer.status_code == 200
    assert "You can close this window." in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    grant = await stage.row("SELECT * FROM amazon_grant")
    assert grant["state"] == "CONNECTING"
    await stage.do(Kind.EXCHANGE_CODE)
    grant = await stage.row("SELECT * FROM amazon_grant")
    assert (grant["state"], grant["sealed_code"], grant["problem"]) == ("CONNECTED", None, None)


async def test_a_refused_consent_is_declined_with_what_to_do(stage: Stage):
    answer = await stage.decide(await stage.seller_account(), Api.ADS, decision="cancel")

    assert answer.status_code == 400
    assert "refused" in answer.text
    grant = await stage.row("SELECT * FROM amazon_grant")
    assert grant["state"] == "DECLINED"
    assert "Connect again" in grant["problem"]
    assert await stage.duties() == set()


async def test_a_state_answers_once(stage: Stage):
    state = await stage.begin(await stage.seller_account(), Api.ADS)
    back = {"code": "abc", "state": state}

    first = await stage.browser.get(redirect_uri(OURS, Api.ADS), params=back)
    second = await stage.browser.get(redirect_uri(OURS, Api.ADS), params=back)

    assert (first.status_code, second.status_code) == (200, 400)
    assert "used before" in second.text


async def test_a_persons_consent_is_given_in_the_browser_that_they_signed_in_with(stage: Stage):
    ann, eve = await a_person(stage.owner), await a_person(stage.owner)
    state = await stage.begin(await stage.seller_account(), Api.ADS, ann)
    now = datetime.now(UTC)
    lasting = {"begun_at": now, "seen_at": now, "expires_at": now + timedelta(hours=1)}
    sessions = [await a_session(stage.owner, person, **lasting) for person in (eve, ann)]
    back = {"code": "abc", "state": state}

    async def come_back(token: str | None) -> int:
        cookie = {} if token is None else {"cookie": f"{cookie_name(secure=True)}={token}"}
        answer = await stage.browser.get(redirect_uri(OURS, Api.ADS), params=back, headers=cookie)
        return answer.status_code

    assert [await come_back(token) for token in (None, *sessions)] == [400, 400, 200]


async def test_a_state_expires_after_a_quarter_of_an_hour(stage: Stage):
    state = await stage.begin(await stage.seller_account(), Api.ADS)
    stage.pass_time(minutes=15)

    answer = await stage.browser.get(
        redirect_uri(OURS, Api.ADS), params={"code": "abc", "state": state}
    )

    assert answer.status_code == 400
    assert (await stage.row("SELECT * FROM amazon_grant"))["state"] == "AWAITING_CONSENT"
    assert await stage.row("SELECT * FROM consent_request") == {}


@pytest.mark.parametrize("query", [{}, {"state": ""}, {"state": "x" * 5000, "code": "c"}])
async def test_an_unknown_state_is_refused_in_words(stage: Stage, query: dict[str, str]):
    answer = await stage.browser.get(redirect_uri(OURS, Api.ADS), params=query)

    assert answer.status_code == 400
    assert "Connect again" in answer.text


async def test_the_state_itself_is_not_kept(stage: Stage):
    state = await stage.begin(await stage.seller_account(), Api.ADS)

    kept = await stage.row("SELECT * FROM consent_request")

    assert state.encode() not in kept["state_hash"]
    assert len(kept["state_hash"]) == 32


async def test_a_state_of_the_other_api_is_refused(stage: Stage):
    state = await stage.begin(await stage.seller_account(), Api.ADS)

    answer = await stage.browser.get(
        redirect_uri(OURS, Api.SELLING_PARTNER),
        params={"spapi_oauth_code": "c", "selling_partner_id": "A1", "state": state},
    )

    assert answer.status_code == 400
    assert (await stage.row("SELECT * FROM seller_account"))["merchant_id"] is None


async def test_what_amazon_sends_is_shown_escaped(stage: Stage):
    state = await stage.begin(await stage.seller_account(), Api.ADS)

    answer = await stage.browser.get(
        redirect_uri(OURS, Api.ADS), params={"error": "<script>x</script>", "state": state}
    )

    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


async def test_an_answer_without_a_code_connects_nothing(stage: Stage):
    state = await stage.begin(await stage.seller_account(), Api.ADS)

    answer = await stage.browser.get(redirect_uri(OURS, Api.ADS), params={"state": state})

    assert answer.status_code == 400
    assert (await stage.row("SELECT * FROM amazon_grant"))["state"] == "DECLINED"


async def test_a_seller_who_is_not_named_is_not_connected(stage: Stage):
    state = await stage.begin(await stage.seller_account(), Api.SELLING_PARTNER)

    answer = await stage.browser.get(
        redirect_uri(OURS, Api.SELLING_PARTNER), params={"spapi_oauth_code": "c", "state": state}
    )

    assert "which seller" in answer.text


async def test_amazons_log_in_page_is_answered_with_the_state_that_was_begun(stage: Stage):
    state = await stage.begin(await stage.seller_account(), Api.SELLING_PARTNER)
    await stage.browser.get(start_url(OURS, Api.SELLING_PARTNER, state))

    answer = await stage.browser.get(
        LOGIN,
        params={
            "amazon_callback_uri": "https://amazon.com/apps/authorize/confirm/amzn1.app?x=1",
            "amazon_state": "amazons",
            "selling_partner_id": "A1",
        },
    )

    assert answer.status_code == 302
    there = urlsplit(answer.headers["location"])
    assert (there.netloc, there.path) == ("amazon.com", "/apps/authorize/confirm/amzn1.app")
    assert parse_qs(there.query) == {
        "x": ["1"],
        "redirect_uri": [f"{OURS}/oauth/amazon/seller"],
        "amazon_state": ["amazons"],
        "state": [state],
    }


@pytest.mark.parametrize(
    "callback",
    [
        "https://evil.example/",
        "https://evil.example\\.amazon.com/",
        "https://amazon.com.evil.example/",
        "https://amazon.com@evil.example/",
        "https://notamazon.com/",
        "http://amazon.com/",
        "//amazon.com/",
        "javascript:alert(1)//.amazon.com/",
        "https://evil.example/?.amazon.com/",
        "https://evil.example#.amazon.com/",
        "https://amazon.com/\r\nset-cookie: a=b",
        "",
    ],
)
async def test_the_log_in_page_leads_to_amazon_only(stage: Stage, callback: str):
    state = await stage.begin(await stage.seller_account(), Api.SELLING_PARTNER)

    answer = await stage.browser.get(
        LOGIN, params={"amazon_callback_uri": callback, "amazon_state": "s", "state": state}
    )

    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_who_comes_from_amazons_shop_of_applications_is_sent_to_begin_here(stage: Stage):
    answer = await stage.browser.get(
        LOGIN, params={"amazon_callback_uri": "https://amazon.com/apps/a", "amazon_state": "s"}
    )

    assert answer.status_code == 400
    assert "Begin in Clickledger" in answer.text


@pytest.mark.parametrize("api", list(Api))
async def test_a_link_with_a_broken_state_leads_nowhere(stage: Stage, api: Api):
    answer = await stage.browser.get(start_url(OURS, api, "a b"))

    assert answer.status_code == 400
