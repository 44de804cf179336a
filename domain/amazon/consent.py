"""The addresses of a consent: ours, Amazon's, and the way between them. Pure.

A person opens our `start_url`, is sent on to Amazon's page, and comes back to our `redirect_uri`.
Amazon may first ask for our log-in page and wants to be told there where the consent ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from domain.amazon.rules import Api

ADS_SCOPE = "advertising::campaign_management"
"""Amazon Attribution has no scope of its own."""

_PLAIN = re.compile(r"[A-Za-z0-9:/?&=%._~+-]{1,2000}")
_OF_AMAZON = re.compile(r"https://(?:[a-z0-9-]+\.)*amazon\.com/")

_PATHS = {Api.ADS: "/oauth/amazon/ads", Api.SELLING_PARTNER: "/oauth/amazon/seller"}


@dataclass(frozen=True, slots=True)
class Pages:
    """Amazon's consent pages. North America's, since that is where stores may be connected."""

    ads: str
    seller_central: str

    @classmethod
    def at(cls, origin: str) -> Pages:
        """Amazon's own pages, or the sandbox's when `origin` is its origin and not empty."""
        if origin:
            return cls(f"{origin}/ap/oa", f"{origin}/apps/authorize/consent")
        return cls(
            "https://www.amazon.com/ap/oa",
            "https://sellercentral.amazon.com/apps/authorize/consent",
        )

    def is_amazon(self, url: str) -> bool:
        """Whether an address that a request named is Amazon's, so that a person may be sent there.

        Strict about its signs: what a browser reads otherwise than we do leads elsewhere.
        """
        ours = urlsplit(self.seller_central)
        rehearsed = url.startswith(f"{ours.scheme}://{ours.netloc}/")
        return _PLAIN.fullmatch(url) is not None and (
            rehearsed or _OF_AMAZON.match(url) is not None
        )


def redirect_uri(public_url: str, api: Api) -> str:
    """Where Amazon sends the person back to; it must be registered with Amazon as it is here."""
    return public_url + _PATHS[api]


def start_url(public_url: str, api: Api, state: str) -> str:
    """The link that a person follows to consent."""
    return f"{public_url}{_PATHS[api]}/start?{urlencode({'state': state})}"


def ads_page(pages: Pages, client_id: str, public_url: str, state: str) -> str:
    query = {
        "client_id": client_id,
        "scope": ADS_SCOPE,
        "response_type": "code",
        "redirect_uri": redirect_uri(public_url, Api.ADS),
        "state": state,
    }
    return f"{pages.ads}?{urlencode(query)}"


def seller_page(pages: Pages, application_id: str, public_url: str, state: str) -> str:
    query = {
        "application_id": application_id,
        "state": state,
        "redirect_uri": redirect_uri(public_url, Api.SELLING_PARTNER),
    }
    return f"{pages.seller_central}?{urlencode(query)}"


def login_answer(callback_uri: str, amazon_state: str, public_url: str, state: str) -> str:
    """Back to Amazon from our log-in page, saying where and with which state the consent ends."""
    query = {
        "redirect_uri": redirect_uri(public_url, Api.SELLING_PARTNER),
        "amazon_state": amazon_state,
        "state": state,
    }
    joint = "&" if urlsplit(callback_uri).query else "?"
    return f"{callback_uri}{joint}{urlencode(query)}"
