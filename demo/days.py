"""The second act: days pass. Shoppers shop, Amazon reports, the product's worker takes it in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from demo import cast
from demo.errors import Trouble
from demo.scene import Scene, Waiting
from demo.shoppers import Day, GiveBack, Purchase, Visit

_BROWSER = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.2 Mobile/15E148 Safari/604.1"
)

_NOW = "{ viewer { now } }"
_WORK = """{
  viewer { now }
  stores(first: 5, filter: { channel: [AMAZON] }) { nodes { name freshness { asOf } } }
  duties(first: 20) { nodes { kind subject runAt attempts deadAt lastError } }
}"""

OnDay = dict[int, Callable[[], Awaitable[None]]]


@dataclass(slots=True)
class Shopping:
    """Tells the world what its shoppers do, and remembers their orders."""

    scene: Scene
    days: Sequence[Day]
    orders: dict[str, str] = field(default_factory=dict)
    """By shopper."""

    async def happen(self, number: int, moment: datetime) -> None:
        """The orders of the day before, what came back since, and the clicks of this morning."""
        if number:
            await self._buy(self.days[number - 1].purchases, moment - timedelta(days=1))
        await self._give_back(self.days[number].given_back)
        await asyncio.gather(*(self._visit(one) for one in self.days[number].visits))

    async def _visit(self, visit: Visit) -> None:
        """A real click on a real link: our redirect, then Amazon's page."""
        partner = self.scene.partners[visit.affiliate, visit.brand]
        answer = await self.scene.browser.get(
            partner.links[visit.link], headers={"User-Agent": _BROWSER}
        )
        if answer.status_code != 302:
            raise Trouble(
                f"{partner.links[visit.link]} answers {answer.status_code}: {answer.text}", "web"
            )
        partner.campaign = await self.scene.box.arrive(answer.headers["Location"], visit.shopper)
        self.scene.clicks += 1

    async def _buy(self, purchases: Sequence[Purchase], begun: datetime) -> None:
        if not purchases:
            return
        told = await self.scene.box.tell(
            "/sandbox/purchases", {"purchases": [_order(one, begun) for one in purchases]}
        )
        for purchase, made in zip(purchases, told["purchases"], strict=True):
            self.orders[purchase.shopper] = made["order_id"]

    async def _give_back(self, given_back: Sequence[GiveBack]) -> None:
        for one in given_back:
            order = self.orders[one.shopper]
            if one.cancels:
                await self.scene.box.tell("/sandbox/cancellations", {"order_id": order})
            else:
                what = {"order_id": order, "asin": one.asin, "quantity": one.quantity}
                await self.scene.box.tell("/sandbox/returns", what)


def _order(purchase: Purchase, begun: datetime) -> dict[str, object]:
    told: dict[str, object] = {
        "shopper": purchase.shopper,
        "at": (begun + timedelta(hours=purchase.hour)).isoformat(),
        "lines": [
            {"asin": line.asin, "quantity": line.quantity, "subscribe_and_save": line.subscribe}
            for line in purchase.lines
        ],
    }
    return told if purchase.late_days is None else told | {"late_days": purchase.late_days}


async def pass_days(
    scene: Scene,
    shopping: Shopping,
    *,
    before: OnDay,
    after: OnDay,
    every: Callable[[datetime], Awaitable[None]],
    tell: Callable[[str, int], None],
) -> None:
    """All days, one after the other; `before` and `after` say what else happens on some of them."""
    await shopping.happen(0, scene.begun)
    for number in range(1, cast.DAYS + 1):
        if number in before:
            await before[number]()
        moment = await scene.box.next_day()
        await scene.until("new day in the product", partial(_arrived, scene, moment), 10, "web")
        # What happens now is in no report that is read now: the two do not have to wait.
        await asyncio.gather(
            shopping.happen(number, moment),
            scene.until(f"end to the work of {moment:%d %B}", partial(_done, scene, moment), 60),
        )
        if number in after:
            await after[number]()
        await every(moment)
        tell(f"{moment:%d %B}, {scene.clicks} clicks, {len(shopping.orders)} orders", number)


async def _arrived(scene: Scene, moment: datetime) -> bool | Waiting:
    now = (await scene.api.ask(_NOW))["viewer"]["now"]
    return _moment(now) >= moment or Waiting(f"its clock stands at {now}")


async def _done(scene: Scene, moment: datetime) -> bool | Waiting:
    """Reports of today were read and nothing is due any more; what waits for later may wait."""
    seen = await scene.api.ask(_WORK)
    for store in seen["stores"]["nodes"]:
        as_of = store["freshness"]["asOf"]
        if as_of is None or _moment(as_of) < moment:
            return Waiting(f"{store['name']} has figures as of {as_of}")
    due = [
        duty
        for duty in seen["duties"]["nodes"]
        if duty["deadAt"] is None and _moment(duty["runAt"]) <= moment
    ]
    if due:
        return Waiting(f"still to do: {due[:3]}")
    return True


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
