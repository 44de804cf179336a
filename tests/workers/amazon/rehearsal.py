"""A rehearsal: the sandbox over HTTP, a seller's consent, and clients that use it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.amazon.consent import Pages, ads_page, redirect_uri, seller_page
from domain.amazon.rules import Api
from domain.catalog.marketplaces import Region
from domain.clock import SystemClock
from workers.amazon.ads import Ads
from workers.amazon.endpoints import Endpoints
from workers.amazon.lwa import LoginWithAmazon, Tokens
from workers.amazon.selling_partner import SellingPartner
from workers.amazon.throttle import Pace, Throttle

ORIGIN = "http://sandbox.test"
ENDPOINTS = Endpoints.sandbox(ORIGIN)
PAGES = Pages.at(ORIGIN)
PUBLIC = "https://clickledger.test"
BACK = redirect_uri(PUBLIC, Api.ADS)


@dataclass
class FakeTime:
    """A clock that sleeping moves, and a record of how long each sleep was."""

    seconds: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds

    def pace(self, **patience: Any) -> Pace:
        return Pace(now=self.now, sleep=self.sleep, jitter=lambda: 0.0, **patience)


@dataclass
class HeldTokens:
    """The tokens of one consent in memory, refreshed when one is refused."""

    login: LoginWithAmazon
    held: Tokens
    refreshes: int = 0

    async def token(self) -> str:
        return self.held.access_token

    async def renew(self, refused: str) -> str:
        if refused == self.held.access_token:
            self.refreshes += 1
            self.held = await self.login.refresh(self.held.refresh_token)
        return self.held.access_token


@dataclass
class Rehearsal:
    """The sandbox and its control API, with the steps that lead to a client."""

    http: httpx.AsyncClient
    time: FakeTime
    world: dict[str, Any] = field(default_factory=dict)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        response = await self.http.request(method, f"{ORIGIN}/sandbox/{path}", json=body)
        assert response.is_success, response.text
        return response.json()

    async def switch(self, **switches: Any) -> None:
        await self.control("PUT", "switches", switches)

    async def fault(self, kind: str, **how: Any) -> None:
        await self.control("PUT", "faults", {"kind": kind, "times": 1, **how})

    def login(self, api: str) -> LoginWithAmazon:
        client = self.world["clients"][api]
        return LoginWithAmazon(
            self.http, ENDPOINTS, client["client_id"], client["client_secret"], self.time.pace()
        )

    async def allow(self, url: str, person: str) -> dict[str, str]:
        """Press Allow on a consent page; gives what Amazon sends back with the browser."""
        assert (await self.http.get(url)).status_code == 200
        answer = await self.http.post(url, data={"decision": "allow", "person": person})
        assert answer.status_code == 302, answer.text
        query = urlsplit(answer.headers["location"]).query
        return {name: values[0] for name, values in parse_qs(query).items()}

    async def ads_code(self, person: str) -> str:
        client_id = self.world["clients"]["advertising"]["client_id"]
        url = ads_page(PAGES, client_id, PUBLIC, "state")
        back = await self.allow(url, person)
        assert back["state"] == "state"
        return back["code"]

    async def ads(self, person: str = "june") -> tuple[Ads, HeldTokens]:
        login = self.login("advertising")
        tokens = HeldTokens(login, await login.exchange(await self.ads_code(person), BACK))
        return Ads(self.http, ENDPOINTS, login.client_id, tokens, self.time.pace()), tokens

    async def selling(self, person: str = "june") -> tuple[SellingPartner, HeldTokens]:
        application_id = self.world["clients"]["selling"]["application_id"]
        url = seller_page(PAGES, application_id, PUBLIC, "state")
        back = await self.allow(url, person)
        login, back_to = self.login("selling"), redirect_uri(PUBLIC, Api.SELLING_PARTNER)
        tokens = HeldTokens(login, await login.exchange(back["spapi_oauth_code"], back_to))
        client = SellingPartner(
            self.http,
            ENDPOINTS,
            Region.NORTH_AMERICA,
            application_id,
            back["selling_partner_id"],
            tokens,
            Throttle(self.time.pace()),
            SystemClock(),
        )
        return client, tokens


@dataclass
class Script:
    """An Amazon that gives prepared answers in turn and remembers what it was asked."""

    answers: list[Response]
    asked: list[tuple[Request, bytes]] = field(default_factory=list)
    time: FakeTime = field(default_factory=FakeTime)

    async def answer(self, request: Request) -> Response:
        self.asked.append((request, await request.body()))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def http(self) -> httpx.AsyncClient:
        methods = ["GET", "POST"]
        app = Starlette(routes=[Route("/{path:path}", self.answer, methods=methods)])
        return httpx.AsyncClient(transport=httpx.ASGITransport(app))


class AnyTokens:
    """Tokens that are refreshed by counting up."""

    def __init__(self) -> None:
        self.number = 1

    async def token(self) -> str:
        return f"Atza|{self.number}"

    async def renew(self, refused: str) -> str:
        assert refused == f"Atza|{self.number}"
        self.number += 1
        return await self.token()


@dataclass
class Scripted:
    """A client of the Ads API and the script that answers it."""

    ads: Ads
    script: Script
    tokens: AnyTokens
