import logging

import pytest

from tests.workers.amazon.rehearsal import BACK
from workers.amazon.errors import ClientRefused, InvalidGrant, NotUnderstood, TryLater


async def test_a_code_becomes_tokens_and_a_refresh_gives_another(rehearsal) -> None:
    login = rehearsal.login("advertising")
    first = await login.exchange(await rehearsal.ads_code("june"), BACK)
    second = await login.refresh(first.refresh_token)

    assert first.access_token.startswith("Atza|")
    assert first.expires_in_s == 3600
    assert second.refresh_token == first.refresh_token
    assert second.access_token != first.access_token


async def test_a_code_works_once(rehearsal) -> None:
    login = rehearsal.login("advertising")
    code = await rehearsal.ads_code("june")
    await login.exchange(code, BACK)

    with pytest.raises(InvalidGrant, match=r"code\. The seller has to connect again"):
        await login.exchange(code, BACK)


@pytest.mark.parametrize("form", ["plain", "detailed"])
async def test_a_revoked_consent_is_asked_for_once_and_needs_reconnecting(rehearsal, form) -> None:
    await rehearsal.switch(login_errors=form)
    login = rehearsal.login("advertising")
    tokens = await login.exchange(await rehearsal.ads_code("june"), BACK)
    await rehearsal.control("POST", "revocations", {"person": "june"})

    with pytest.raises(InvalidGrant, match="revoked"):
        await login.refresh(tokens.refresh_token)
    assert rehearsal.time.sleeps == []


async def test_a_refused_client_is_never_tried_again(rehearsal) -> None:
    login = rehearsal.login("advertising")
    tokens = await login.exchange(await rehearsal.ads_code("june"), BACK)
    await rehearsal.fault("invalid_client")

    with pytest.raises(ClientRefused, match="Client authentication failed"):
        await login.refresh(tokens.refresh_token)
    assert rehearsal.time.sleeps == []
    assert (await login.refresh(tokens.refresh_token)).access_token


@pytest.mark.parametrize("how", [{"status": 503}, {"status": 500, "body": "html"}])
async def test_a_passing_failure_is_waited_out(rehearsal, how) -> None:
    login = rehearsal.login("advertising")
    tokens = await login.exchange(await rehearsal.ads_code("june"), BACK)
    await rehearsal.fault("status", path="/auth/o2/token", **how | {"times": 2})

    assert (await login.refresh(tokens.refresh_token)).access_token
    assert rehearsal.time.sleeps == [2, 4]


async def test_a_failure_that_lasts_ends_with_try_later(rehearsal) -> None:
    login = rehearsal.login("advertising")
    await rehearsal.fault("status", path="/auth/o2/token", status=503, times=None)

    with pytest.raises(TryLater):
        await login.refresh("Atzr|x")
    assert sum(rehearsal.time.sleeps) <= 120


async def test_half_an_answer_is_not_understood(rehearsal) -> None:
    login = rehearsal.login("advertising")
    code = await rehearsal.ads_code("june")
    await rehearsal.fault("truncated", path="/auth/o2/token")

    with pytest.raises(NotUnderstood) as refused:
        await login.exchange(code, BACK)
    assert "Atza|" not in str(refused.value)


async def test_no_secret_is_logged_or_shown(rehearsal, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    login = rehearsal.login("advertising")
    code = await rehearsal.ads_code("june")
    caplog.clear()
    tokens = await login.exchange(code, BACK)
    await login.refresh(tokens.refresh_token)
    with pytest.raises(InvalidGrant) as refused:
        await login.exchange(code, BACK)

    for told in (caplog.text, repr(tokens), repr(login), str(refused.value)):
        for secret in (code, tokens.access_token, tokens.refresh_token, login.client_secret):
            assert secret not in told
