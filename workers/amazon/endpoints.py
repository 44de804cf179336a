"""Where Amazon is, and the only addresses that may be dialled.

Every address comes from one frozen value, so that a rehearsal against the sandbox differs from
production in nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from domain.catalog.marketplaces import Region
from workers.amazon.errors import EgressRefused

_HOST = re.compile(r"[a-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Amazon's addresses. Hosts are origins without a path; pages are whole URLs.

    A report document lies at a URL that Amazon hands out: it must be https and its host must end
    in `document_host`, or, when `document_origin` is set, its origin must be that one.
    """

    ads: Mapping[Region, str]
    selling_partner: Mapping[Region, str]
    token_url: str
    document_host: str = ".amazonaws.com"
    document_origin: str | None = None

    @classmethod
    def production(cls) -> Endpoints:
        """Amazon itself."""
        na, eu, fe = Region.NORTH_AMERICA, Region.EUROPE, Region.FAR_EAST
        return cls(
            ads={
                na: "https://advertising-api.amazon.com",
                eu: "https://advertising-api-eu.amazon.com",
                fe: "https://advertising-api-fe.amazon.com",
            },
            selling_partner={
                na: "https://sellingpartnerapi-na.amazon.com",
                eu: "https://sellingpartnerapi-eu.amazon.com",
                fe: "https://sellingpartnerapi-fe.amazon.com",
            },
            token_url="https://api.amazon.com/auth/o2/token",  # noqa: S106  (an address)
        )

    @classmethod
    def sandbox(cls, origin: str) -> Endpoints:
        """The sandbox at an origin such as `http://127.0.0.1:8900`; regions are path prefixes."""
        hosts = {region: f"{origin}/{region.lower()}" for region in Region}
        return cls(
            ads=hosts,
            selling_partner=hosts,
            token_url=f"{origin}/auth/o2/token",
            document_origin=origin,
        )

    def check(self, url: str) -> None:
        """Raise EgressRefused unless the URL belongs to one of the API's hosts."""
        hosts = (*self.ads.values(), *self.selling_partner.values(), self.token_url)
        if _origin(url) not in {_origin(host) for host in hosts}:
            raise EgressRefused(f"{_shown(url)} is not an endpoint of Amazon; nothing was sent.")

    def check_document(self, url: str) -> None:
        """Raise EgressRefused unless a report document may lie at the URL."""
        parsed = _parsed(url)
        if self.document_origin is not None:
            allowed = _origin(url) == _origin(self.document_origin)
        else:
            allowed = (
                parsed.scheme == "https"
                and parsed.port is None
                and _HOST.fullmatch(parsed.host) is not None
                and parsed.host.endswith(self.document_host)
            )
        if not allowed or parsed.userinfo:
            raise EgressRefused(
                f"A report document cannot lie at {_shown(url)}; it was not fetched."
            )


def _parsed(url: str) -> httpx.URL:
    # The parser of the client that dials, so that both see the same host.
    try:
        return httpx.URL(url)
    except httpx.InvalidURL as error:
        raise EgressRefused(f"Amazon handed out an address that is none: {error}") from error


def _origin(url: str) -> tuple[str, str, int | None]:
    parsed = _parsed(url)
    return parsed.scheme, parsed.host, parsed.port


def _shown(url: str) -> str:
    # Without path and query: a presigned address is a secret while it lives.
    parsed = _parsed(url)
    return f"{parsed.scheme}://{parsed.host}"[:200]
