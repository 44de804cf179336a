"""The environment, read once, and every fault of it told at once."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import fields, replace

import pytest

from config import BadConfig, Config

SECRETS = {
    "DATABASE_URL": "postgresql://clickledger:hunter2@db/clickledger",
    "REDIS_URL": "rediss://:hunter3@redis:6379/0",
    "SEALING_KEYS": f"k1:{b64encode(bytes(range(32))).decode()}",
    "AMAZON_ADS_CLIENT_SECRET": "hunter4",
    "AMAZON_SELLER_CLIENT_SECRET": "hunter5",
    "SMTP_URL": "smtp://ann:hunter6@mail.example.com",
}
GOOD = SECRETS | {
    "PUBLIC_URL": "http://127.0.0.1:8123/",
    "AMAZON_ADS_CLIENT_ID": "amzn1.application-oa2-client.ads",
    "AMAZON_SELLER_CLIENT_ID": "amzn1.application-oa2-client.seller",
    "AMAZON_SELLER_APPLICATION_ID": "amzn1.sp.solution.1",
    "MAIL_FROM": "Clickledger <no-reply@example.com>",
}
MAIL = {"SMTP_URL", "MAIL_FROM"}


def faults(**changed: str) -> list[str]:
    with pytest.raises(BadConfig) as refused:
        Config.from_env(GOOD | changed)
    return [line.strip() for line in str(refused.value).splitlines()[1:]]


def test_what_need_not_be_said_has_a_default():
    config = Config.from_env(GOOD)

    assert (config.environment, config.production) == ("development", False)
    assert (config.host, config.port, config.web_workers) == ("127.0.0.1", 8000, 1)
    assert (config.sweep_s, config.amazon_origin, config.clock_url) == (5, "", "")
    assert config.public_url == config.front_end_url == "http://127.0.0.1:8123"
    assert (config.trusted_proxies, config.mail_outbox) == (0, ".data/outbox")


def test_budgets_are_as_documented_unless_they_are_set():
    usual, set_ = Config.from_env(GOOD), Config.from_env(GOOD | {"BUDGET_ACCOUNT": "1000"})

    assert (usual.budget_caller, usual.budget_account) == (300_000, 600_000)
    assert (usual.budget_address, usual.budget_anonymous) == (600_000, 30_000)
    assert set_ == replace(usual, budget_account=1_000)


def test_every_fault_is_told_at_once():
    with pytest.raises(BadConfig) as refused:
        Config.from_env(
            {"ENVIRONMENT": "prod", "PORT": "http", "WEB_WORKERS": "two", "PUBLIC_URL": "example"}
        )
    said = str(refused.value)
    for name in GOOD.keys() - {"PUBLIC_URL"} - MAIL:
        assert f"{name} is not set" in said
    for name in ("ENVIRONMENT", "PORT", "WEB_WORKERS", "PUBLIC_URL"):
        assert f"{name} must" in said


@pytest.mark.parametrize("name", sorted(GOOD.keys() - MAIL))
def test_what_is_set_to_nothing_is_not_set(name: str):
    assert faults(**{name: ""}) == [f"{name} is not set"]


@pytest.mark.parametrize(
    "name",
    [
        "HOST",
        "PORT",
        "ENVIRONMENT",
        "SWEEP_SECONDS",
        "FRONT_END_URL",
        "TRUSTED_PROXIES",
        "BUDGET_CALLER",
        "BUDGET_ACCOUNT",
        "BUDGET_ADDRESS",
        "BUDGET_ANONYMOUS",
    ],
)
def test_nothing_means_the_default_where_there_is_one(name: str):
    assert Config.from_env(GOOD | {name: ""}) == Config.from_env(GOOD)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"), ("PORT", "65536"), ("PORT", "-1"), ("PORT", "8e3"), ("PORT", "²"),
        ("WEB_WORKERS", "0"), ("SWEEP_SECONDS", "0"), ("SWEEP_SECONDS", "61"),
        ("SWEEP_SECONDS", "1.5"), ("TRUSTED_PROXIES", "6"), ("TRUSTED_PROXIES", "-1"),
        ("BUDGET_CALLER", "0"), ("BUDGET_CALLER", "999"), ("BUDGET_ACCOUNT", "-1000"),
        ("BUDGET_ADDRESS", "1e6"), ("BUDGET_ADDRESS", "300_000"), ("BUDGET_ANONYMOUS", "none"),
        ("BUDGET_ANONYMOUS", "1000000001"), ("METRICS_PORT", "65536"), ("DRAIN_SECONDS", "61"),
    ],
)  # fmt: skip
def test_a_number_out_of_its_range_is_refused(name: str, value: str):
    [fault] = faults(**{name: value})
    assert fault.startswith(f"{name} must be a whole number from ")
    assert repr(value) in fault


def test_production_refuses_what_is_for_rehearsals():
    assert faults(
        ENVIRONMENT="production",
        AMAZON_ORIGIN="http://127.0.0.1:9",
        CLOCK_URL="http://127.0.0.1:9/sandbox/clock",
        WEBHOOK_RECEIVERS="http://127.0.0.1:9",
        PUBLIC_URL="http://links.example.com",
    ) == [
        "AMAZON_ORIGIN is for rehearsals and is refused in production: unset it",
        "CLOCK_URL is for rehearsals and is refused in production: unset it",
        "WEBHOOK_RECEIVERS is for rehearsals and is refused in production: unset it",
        "PUBLIC_URL must begin with https:// in production",
    ]


def test_production_takes_a_good_environment():
    good = GOOD | {"ENVIRONMENT": "production", "PUBLIC_URL": "https://links.example.com/"}
    config = Config.from_env(good | {"AMAZON_ORIGIN": "", "CLOCK_URL": ""})
    assert (config.production, config.public_url) == (True, "https://links.example.com")


def test_production_wants_to_know_who_sends_letters_or_where_they_lie():
    production = {"ENVIRONMENT": "production", "PUBLIC_URL": "https://links.example.com"}

    [fault] = faults(**production, SMTP_URL="")
    assert fault.startswith("SMTP_URL is not set: letters need somebody who sends them")
    config = Config.from_env(GOOD | production | {"SMTP_URL": "", "MAIL_OUTBOX": "/var/outbox"})
    assert (config.smtp_url, config.mail_outbox) == ("", "/var/outbox")


def test_people_may_sign_in_elsewhere():
    config = Config.from_env(GOOD | {"FRONT_END_URL": "https://app.example.com/"})
    assert config.front_end_url == "https://app.example.com"
    production = {"ENVIRONMENT": "production", "PUBLIC_URL": "https://links.example.com"}
    assert faults(**production, FRONT_END_URL="http://app.example.com") == [
        "FRONT_END_URL must begin with https:// in production"
    ]
    assert faults(FRONT_END_URL="app.example.com") == [
        "FRONT_END_URL must begin with https://, or with http:// for a rehearsal"
    ]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"SMTP_URL": "https://ann:hunter2@host"}, "SMTP_URL must be smtp://host:port or smtps://"),
        ({"MAIL_FROM": ""}, "MAIL_FROM is not set, and SMTP_URL is"),
        ({"MAIL_FROM": "Clickledger"}, "MAIL_FROM must be an address"),
        ({"MAIL_FROM": "A\r\nBcc: b@example.com"}, "MAIL_FROM must be an address"),
    ],
)
def test_letters_that_could_not_be_sent_are_known_at_the_start(changed: dict[str, str], fault: str):
    [found] = faults(**changed)
    assert found.startswith(fault)
    assert "hunter" not in found


@pytest.mark.parametrize("unset", [{}, {"ENVIRONMENT": ""}])
def test_an_address_for_the_public_wants_a_word_on_what_it_is_for(unset: dict[str, str]):
    """Production that was forgotten would run with all that a rehearsal may do."""
    public = {"PUBLIC_URL": "https://links.example.com"}

    assert faults(**public, **unset) == [
        "ENVIRONMENT is not set, and PUBLIC_URL is https: set ENVIRONMENT=production, or "
        "development for a rehearsal behind TLS"
    ]
    assert not Config.from_env(GOOD | public | {"ENVIRONMENT": "development"}).production


def test_a_rehearsal_takes_its_settings():
    rehearsal = {
        "AMAZON_ORIGIN": "http://127.0.0.1:9/",
        "CLOCK_URL": "http://127.0.0.1:9/sandbox/clock",
        "WEBHOOK_RECEIVERS": "http://127.0.0.1:8/, http://127.0.0.1:7",
    }
    config = Config.from_env(GOOD | rehearsal)
    assert (config.amazon_origin, config.clock_url, config.webhook_receivers) == (
        "http://127.0.0.1:9", "http://127.0.0.1:9/sandbox/clock",
        ("http://127.0.0.1:8", "http://127.0.0.1:7"),
    )  # fmt: skip


def test_secrets_are_not_shown():
    config = Config.from_env(GOOD)
    held = [getattr(config, one.name) for one in fields(config)]
    for name, secret in SECRETS.items():
        assert secret in held, name
        assert secret not in repr(config)
    assert "hunter" not in repr(config)


def test_secrets_are_not_quoted_in_faults():
    assert "hunter" not in "".join(faults(PORT="x", PUBLIC_URL="ftp://a"))


def test_sealing_keys_that_cannot_seal_are_a_fault_like_any_other():
    (fault,) = faults(SEALING_KEYS="k1:c2hvcnQ=")

    assert fault.startswith("SEALING_KEYS: Key 'k1' has 5 bytes instead of 32.")
    assert "c2hvcnQ" not in fault
