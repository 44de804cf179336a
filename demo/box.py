"""Amazon in a box, over HTTP: its clock, its shop, its faults and its books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from demo.errors import Trouble
from demo.shoppers import Goods


@dataclass(frozen=True, slots=True)
class Box:
    http: httpx.AsyncClient
    origin: str

    async def world(self) -> dict[str, Any]:
        return await self._get("/sandbox/world")

    async def now(self) -> datetime:
        return datetime.fromisoformat((await self._get("/sandbox/clock"))["now"])

    async def next_day(self) -> datetime:
        """The clock goes on by 24 hours; the new moment."""
        moved = await self.tell("/sandbox/clock", {"advance_hours": 24})
        return datetime.fromisoformat(moved["now"])

    async def switch(self, **switches: object) -> None:
        await self._send("PUT", "/sandbox/switches", switches)

    async def break_level(self, level: str) -> None:
        """Reports of one level are answered 500, at once and again, until `mend`."""
        fault = {"kind": "status", "status": 500, "level": level, "retry_after": 0}
        await self._send("PUT", "/sandbox/faults", fault)

    async def mend(self) -> None:
        await self._send("DELETE", "/sandbox/faults", None)

    async def tell(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        return await self._send("POST", path, body)

    async def arrive(self, location: str, shopper: str) -> str:
        """A shopper's browser opens the address that a redirect gave; the campaign of its tag.

        Amazon's own host is the sandbox's origin. Raises Trouble for a tag that measures nothing.
        """
        address = urlsplit(location)
        answer = await self.http.get(
            f"{self.origin}{address.path}?{address.query}", headers={"X-Sandbox-Shopper": shopper}
        )
        if answer.headers.get("X-Sandbox-Measured") != "true":
            raise Trouble(f"Amazon does not measure {location}: {answer.text[:500]}", "sandbox")
        return parse_qs(address.query)["aa_campaignid"][0]

    async def books(
        self, store: str, from_day: date, to_day: date, as_of: datetime, level: str = "CAMPAIGN"
    ) -> dict[str, Any]:
        """The world's own truth about a store's days, at a moment."""
        asked = {
            "store": store,
            "level": level,
            "from": from_day.isoformat(),
            "to": to_day.isoformat(),
            "as_of": as_of.isoformat(),
        }
        return await self._get("/books", asked)

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        return _read(await self.http.get(f"{self.origin}{path}", params=query), path)

    async def _send(self, method: str, path: str, body: object) -> dict[str, Any]:
        return _read(await self.http.request(method, f"{self.origin}{path}", json=body), path)


def _read(answer: httpx.Response, path: str) -> dict[str, Any]:
    if not answer.is_success:
        raise Trouble(f"The sandbox refuses {path}: {answer.text[:500]}", "sandbox")
    read: dict[str, Any] = answer.json()
    return read


def goods_of(world: Mapping[str, Any], brand_id: str) -> Goods:
    """What can be bought in a brand's shop and beside it."""
    brand = _brand(world, brand_id)
    home, shelf = (page["asins"] for page in brand["store_pages"][:2])
    return Goods(
        products=_asins(brand["products"]),
        home=tuple(home),
        shelf=tuple(shelf),
        foreign=(
            *_asins(world["other_brands_products"]),
            *(
                asin
                for other in world["brands"]
                if other["seller_id"] == brand["seller_id"] and other["id"] != brand_id
                for asin in _asins(other["products"])[:2]
            ),
        ),
    )


def store_pages(world: Mapping[str, Any], brand_id: str) -> list[str]:
    """The ids of a Store's pages: its front page first."""
    return [page["id"] for page in _brand(world, brand_id)["store_pages"]]


def brand_name(world: Mapping[str, Any], brand_id: str) -> str:
    name: str = _brand(world, brand_id)["name"]
    return name


def _brand(world: Mapping[str, Any], brand_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(one for one in world["brands"] if one["id"] == brand_id)
    return found


def _asins(products: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(one["asin"] for one in products)
