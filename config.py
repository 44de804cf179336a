"""Every environment variable, read once, by the entry points only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Final
from urllib.parse import urlsplit

from domain.affiliates.rules import email as email_address
from domain.errors import InvalidInput
from domain.mail.rules import BadSmtpUrl, smtp_server
from domain.sealing import Keyring, UnusableKeys

_POINTS: Final = (1_000, 1_000_000_000)
"""A budget has room for the dearest question that may be asked at all, or it could never be."""


class BadConfig(Exception):
    """Names every variable that is missing or wrong, at once."""


@dataclass(frozen=True, slots=True)
class Config:
    environment: str
    """`production` or `development`. Production refuses the rehearsal's settings.

    `development` unless it is set; has to be set where `public_url` is https.
    """
    database_url: str = field(repr=False)
    """postgresql://… of a login that is a member of the three roles that db.pool names."""
    redis_url: str = field(repr=False)
    """redis://…, rediss://… or unix://…; holds nothing that PostgreSQL does not."""
    sealing_keys: str = field(repr=False)
    """`kid:base64,kid:base64`: 32 bytes each, the first seals, all open."""
    public_url: str
    """Where shoppers and Amazon's redirects reach us: https://links.example.com"""
    front_end_url: str
    """Where people sign in; links in letters lead there. `public_url` unless it is set."""
    smtp_url: str = field(repr=False)
    """Who sends our letters: smtp://user:password@host:587 or smtps://…; empty for nobody."""
    mail_from: str
    """Whom they are from: Clickledger <no-reply@example.com>"""
    mail_outbox: str
    """The folder where letters are put while nobody sends them."""
    click_spool: str
    """The folder where clicks wait while PostgreSQL is away; it has to outlive the process."""
    trusted_proxies: int
    """How many of the proxies in front of the API are ours; where a client comes from is believed
    of them, and of nobody before them."""
    budget_caller: int
    """Points a minute that one API key, or one person, may spend on questions."""
    budget_account: int
    """What an account's members and keys may spend together: no tenant takes all there is."""
    budget_address: int
    """What may be spent from one network address by all who are signed in."""
    budget_anonymous: int
    """What may be spent from one network address by all who are not."""
    trusted_documents: str
    """A JSON file of ids and documents that front ends may ask by their ids; empty for none."""
    only_trusted: bool
    """Whether nothing but these is answered."""
    host: str
    port: int
    """The API listens here; 127.0.0.1 unless a proxy on another machine is in front."""
    web_workers: int
    """Processes of the API; none of them keeps state."""
    ads_client_id: str
    ads_client_secret: str = field(repr=False)
    """Login with Amazon security profile that the Ads API was granted to."""
    seller_client_id: str
    seller_client_secret: str = field(repr=False)
    seller_application_id: str
    """The SP-API application: another security profile, another consent."""
    amazon_origin: str
    """Empty for Amazon itself; the sandbox's origin for a rehearsal. Refused in production."""
    clock_url: str
    """Empty for the real time; the sandbox's clock for a rehearsal. Refused in production."""
    webhook_receivers: tuple[str, ...]
    """Origins on this machine that webhooks may go to in a rehearsal. Refused in production."""
    metrics_token: str = field(repr=False)
    """What Prometheus has to send as `Authorization: Bearer`; without it production tells no
    metrics over the API's port."""
    metrics_host: str
    metrics_port: int
    """Where a worker tells its metrics and whether it is well; 0 for nowhere."""
    drain_s: int
    """Seconds between the signal to stop and the end of the API, in which `/readyz` answers 503."""
    sweep_s: int
    """Seconds between two sweeps for duties that no nudge woke."""

    @property
    def own_hosts(self) -> frozenset[str]:
        """Names that lead to us: nobody's webhooks go there."""
        urls = (self.public_url, self.front_end_url)
        return frozenset(host for url in urls if (host := urlsplit(url).hostname))

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Config:
        """Raises `BadConfig` with all faults in one message."""
        faults: list[str] = []

        def text(name: str, default: str | None = None) -> str:
            value = env.get(name) or default  # set to nothing is not set
            if value is None:
                faults.append(f"{name} is not set")
            return value or ""

        def number(name: str, default: int, least: int, most: int) -> int:
            value = env.get(name) or str(default)
            if value.isascii() and value.isdigit() and least <= int(value) <= most:
                return int(value)
            faults.append(f"{name} must be a whole number from {least} to {most}, not {value!r}")
            return default

        config = cls(
            environment=text("ENVIRONMENT", "development"),
            database_url=text("DATABASE_URL"),
            redis_url=text("REDIS_URL"),
            sealing_keys=text("SEALING_KEYS"),
            public_url=text("PUBLIC_URL").rstrip("/"),
            front_end_url=(text("FRONT_END_URL", "") or text("PUBLIC_URL", "")).rstrip("/"),
            smtp_url=text("SMTP_URL", ""),
            mail_from=text("MAIL_FROM", "Clickledger <clickledger@localhost.localdomain>"),
            mail_outbox=text("MAIL_OUTBOX", ".data/outbox"),
            click_spool=text("CLICK_SPOOL", ".data/spool"),
            trusted_proxies=number("TRUSTED_PROXIES", 0, 0, 5),
            budget_caller=number("BUDGET_CALLER", 300_000, *_POINTS),
            budget_account=number("BUDGET_ACCOUNT", 600_000, *_POINTS),
            budget_address=number("BUDGET_ADDRESS", 600_000, *_POINTS),
            budget_anonymous=number("BUDGET_ANONYMOUS", 30_000, *_POINTS),
            trusted_documents=text("TRUSTED_DOCUMENTS", ""),
            only_trusted=number("ONLY_TRUSTED", 0, 0, 1) == 1,
            host=text("HOST", "127.0.0.1"),
            port=number("PORT", 8000, 1, 65_535),
            web_workers=number("WEB_WORKERS", 1, 1, 256),
            ads_client_id=text("AMAZON_ADS_CLIENT_ID"),
            ads_client_secret=text("AMAZON_ADS_CLIENT_SECRET"),
            seller_client_id=text("AMAZON_SELLER_CLIENT_ID"),
            seller_client_secret=text("AMAZON_SELLER_CLIENT_SECRET"),
            seller_application_id=text("AMAZON_SELLER_APPLICATION_ID"),
            amazon_origin=text("AMAZON_ORIGIN", "").rstrip("/"),
            clock_url=text("CLOCK_URL", ""),
            webhook_receivers=tuple(
                one.strip().rstrip("/")
                for one in text("WEBHOOK_RECEIVERS", "").split(",")
                if one.strip()
            ),
            metrics_token=text("METRICS_TOKEN", ""),
            metrics_host=text("METRICS_HOST", "127.0.0.1"),
            metrics_port=number("METRICS_PORT", 0, 0, 65_535),
            drain_s=number("DRAIN_SECONDS", 0, 0, 60),
            sweep_s=number("SWEEP_SECONDS", 5, 1, 60),
        )
        if config.environment not in ("production", "development"):
            faults.append("ENVIRONMENT must be production or development")
        if config.production:
            faults += [
                f"{name} is for rehearsals and is refused in production: unset it"
                for name in ("AMAZON_ORIGIN", "CLOCK_URL", "WEBHOOK_RECEIVERS")
                if env.get(name)
            ]
            if not config.public_url.startswith("https://"):
                faults.append("PUBLIC_URL must begin with https:// in production")
            elif not config.front_end_url.startswith("https://"):
                faults.append("FRONT_END_URL must begin with https:// in production")
            if not (config.smtp_url or env.get("MAIL_OUTBOX")):
                faults.append(
                    "SMTP_URL is not set: letters need somebody who sends them, or MAIL_OUTBOX, a"
                    " folder where somebody finds them"
                )
        elif config.public_url and not config.public_url.startswith(("https://", "http://")):
            faults.append("PUBLIC_URL must begin with https://, or with http:// for a rehearsal")
        elif config.public_url.startswith("https://") and not env.get("ENVIRONMENT"):
            faults.append(
                "ENVIRONMENT is not set, and PUBLIC_URL is https: set ENVIRONMENT=production, or "
                "development for a rehearsal behind TLS"
            )
        if config.only_trusted and not config.trusted_documents:
            faults.append(
                "TRUSTED_DOCUMENTS is not set, and ONLY_TRUSTED is: nothing could be asked"
            )
        faults += _faults_of_mail(config, env)
        if config.sealing_keys:
            try:
                Keyring.parse(config.sealing_keys)
            except UnusableKeys as error:
                faults.append(f"SEALING_KEYS: {error}")
        if faults:
            raise BadConfig("The environment is not usable:\n  " + "\n  ".join(faults))
        return config


def _faults_of_mail(config: Config, env: Mapping[str, str]) -> list[str]:
    faults = []
    if not config.front_end_url.startswith(("https://", "http://")) and env.get("FRONT_END_URL"):
        faults.append("FRONT_END_URL must begin with https://, or with http:// for a rehearsal")
    if config.smtp_url:
        try:
            smtp_server(config.smtp_url)
        except BadSmtpUrl as error:
            faults.append(f"SMTP_URL {error}")
        if not env.get("MAIL_FROM"):
            faults.append("MAIL_FROM is not set, and SMTP_URL is: say whom letters are from")
    if not _is_sender(config.mail_from):
        faults.append("MAIL_FROM must be an address, or Name <address>")
    return faults


def _is_sender(text: str) -> bool:
    try:
        email_address(parseaddr(text)[1])
    except InvalidInput:
        return False
    return text.isprintable()
