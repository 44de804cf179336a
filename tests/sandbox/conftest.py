"""A rehearsal: one world, its server in this process, and somebody who drives both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.app import create_app
from sandbox.cast.draw import Size
from sandbox.world import Plan, World

BACK = "http://127.0.0.1:9/back"
SCOPE = "advertising::campaign_management"
SMALL = Size(products_per_brand=9, large_seller_products=12)


@dataclass
class Rehearsal:
    """Drives the sandbox as a client, a person and a demo would: over its HTTP alone."""

    world: World
    http: httpx.AsyncClient
    about: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    async def begin(self) -> None:
        self.about = (await self.http.get("/sandbox/world")).json()

    @property
    def ads(self) -> dict[str, str]:
        return self.about["clients"]["advertising"]

    @property
    def selling(self) -> dict[str, str]:
        return self.about["clients"]["selling"]

    def profile_of(self, brand_id: str, country: str = "US") -> str:
        seller = self.brand(brand_id)["seller_id"]
        return next(
            one["id"]
            for one in self.about["profiles"]
            if one["account_id"] == seller and one["country"] == country and not one["subtype"]
        )

    def brand(self, brand_id: str) -> dict[str, Any]:
        return next(one for one in self.about["brands"] if one["id"] == brand_id)

    def asins(self, brand_id: str) -> list[str]:
        return [one["asin"] for one in self.brand(brand_id)["products"]]

    async def consent(self, person: str = "june", **more: str) -> httpx.Response:
        form = {
            "client_id": self.ads["client_id"],
            "scope": SCOPE,
            "response_type": "code",
            "redirect_uri": BACK,
            "state": "s-1",
            "person": person,
            "decision": "allow",
        }
        return await self.http.post("/ap/oa", data={**form, **more})

    async def seller_consent(self, person: str = "june", **more: str) -> httpx.Response:
        form = {
            "application_id": self.selling["application_id"],
            "state": "s-2",
            "redirect_uri": BACK,
            "person": person,
            "decision": "allow",
        }
        return await self.http.post("/apps/authorize/consent", data={**form, **more})

    async def token(self, client: dict[str, str], **form: str) -> httpx.Response:
        secret = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
        return await self.http.post("/auth/o2/token", data={**secret, **form})

    async def log_in(self, person: str = "june") -> str:
        """An access token of the advertising API."""
        back = came_back(await self.consent(person))
        answer = await self.token(
            self.ads, grant_type="authorization_code", code=back["code"], redirect_uri=BACK
        )
        self.tokens[person] = answer.json()["access_token"]
        return self.tokens[person]

    async def log_in_seller(self, person: str = "june") -> dict[str, str]:
        """The headers of the selling API."""
        back = came_back(await self.seller_consent(person))
        answer = await self.token(
            self.selling, grant_type="authorization_code", code=back["spapi_oauth_code"]
        )
        return {"x-amz-access-token": answer.json()["access_token"], "user-agent": "Test/1.0"}

    def headers(self, token: str, profile: str | None = None) -> dict[str, str]:
        headers = {
            "Authorization": f"Bearer {token}",
            "Amazon-Advertising-API-ClientId": self.ads["client_id"],
        }
        return headers if profile is None else headers | {"Amazon-Advertising-API-Scope": profile}

    async def enable(self, profile: str, person: str = "june", region: str = "") -> str:
        """Make the tag call that lets a profile measure; answers with the template."""
        token = await self.log_in(person)
        answer = await self.http.get(
            f"{region}/attribution/tags/nonMacroTemplateTag",
            params={"publisherIds": "12"},
            headers=self.headers(token, profile),
        )
        return next(iter(answer.json().values()))["12"]

    async def control(self, method: str, path: str, body: object = None) -> Any:
        answer = await self.http.request(method, f"/sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def switch(self, **wanted: object) -> None:
        await self.control("PUT", "switches", wanted)

    async def advance(self, hours: float) -> None:
        await self.control("POST", "clock", {"advance_hours": hours})

    async def click(self, url: str, **more: object) -> dict[str, Any]:
        answer = await self.control("POST", "clicks", {"url": url, **more})
        return answer["clicks"][0]

    async def buy(self, shopper: str, *asins: str, **more: object) -> str:
        """One unit of each; the order's id."""
        lines = [{"asin": asin} for asin in asins]
        body = {"shopper": shopper, "lines": lines, **more}
        return (await self.control("POST", "purchases", body))["purchases"][0]["order_id"]

    async def ask_report(
        self,
        profile: str,
        level: str = "CAMPAIGN",
        region: str = "",
        person: str = "june",
        **body: Any,
    ) -> httpx.Response:
        """One report call, logged in anew, since the clock may have moved past the token."""
        token = await self.log_in(person)
        kind = (
            {"reportType": "PRODUCTS"}
            if level == "PRODUCTS"
            else {"reportType": "PERFORMANCE", "groupBy": level}
        )
        return await self.http.post(
            f"{region}/attribution/report",
            json={**kind, **body},
            headers=self.headers(token, profile),
        )

    async def rows(self, profile: str, level: str = "CAMPAIGN", **body: Any) -> list[dict]:
        """All rows since the world began, unless the body says otherwise."""
        span = {"startDate": f"{self.world.clock.start - timedelta(days=2):%Y%m%d}"}
        answer = await self.ask_report(profile, level, **{**span, **body})
        assert answer.status_code == 200, answer.text
        return answer.json()["reports"]

    async def books(self, **query: str) -> dict[str, Any]:
        answer = await self.http.get("/books", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def now(self) -> datetime:
        return self.world.clock.now()


def came_back(answer: httpx.Response) -> dict[str, str]:
    """What a redirect carries."""
    assert answer.status_code == 302, answer.text
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def tagged(path: str, template: str, campaign: str = "c1", adgroup: str = "g1", page: str = "p1"):
    """A landing page with the template's tag filled in."""
    kept = [pair for pair in template.removeprefix("?").split("&") if not pair.startswith("aa_")]
    ids = [f"aa_campaignid={campaign}", f"aa_adgroupid={adgroup}", f"aa_creativeid={page}"]
    return f"{path}?{'&'.join(kept + ids)}"


@pytest.fixture(name="tagged")
def _tagged():
    return tagged


@pytest.fixture(name="came_back")
def _came_back():
    return came_back


@pytest.fixture
async def rehearsal() -> AsyncIterator[Rehearsal]:
    world = World(Plan(size=SMALL))
    world.switches.console_campaigns = False
    transport = httpx.ASGITransport(app=create_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        one = Rehearsal(world, http)
        await one.begin()
        yield one
