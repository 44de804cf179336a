"""The demo from its beginning to its end, in the order in which things happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from demo import cast, days, hearing, market, office, opening, rooms, shelf, shoppers, verdicts
from demo.box import goods_of
from demo.diary import Diary
from demo.errors import Trouble
from demo.expected import Rate
from demo.hearing import Hearing
from demo.people import Person
from demo.processes import Begun
from demo.rooms import TwoRooms
from demo.scene import Refusal, Scene

_FRESHNESS = """{
  stores(filter: { channel: [AMAZON] }) {
    nodes { name freshness { asOf missingLevels levels { level asOf } } }
  }
}"""
_NEW_RATE = """mutation($input: EditOfferInput!) {
  editOffer(input: $input) { __typename ... on Offer { id } ... on Refusal { message } }
}"""
_ORDER = "query($id: String!) { amazonOrder(orderId: $id) { reason } }"

_TWO = cast.APPLICANT.name, "Ada Marsh"
"""Whose room is asked in the end, and whose figures it must not show."""

Tell = Callable[[str, int], None]


@dataclass(slots=True)
class Story:
    scene: Scene
    begun: Begun
    receivers: str
    """The origin at which webhooks may be listened to."""
    opened: opening.Opened = field(default_factory=opening.Opened)
    freshness: list[dict[str, Any]] = field(default_factory=list)
    """Of both stores, while one level was down."""
    diary: Diary = field(init=False)
    office: office.Office = field(init=False)
    hearing: Hearing = field(init=False)
    nora: Person = field(init=False)
    room: TwoRooms = field(init=False)
    """Nora's, in the end."""

    async def play(self, tell: Tell) -> None:
        """Raises Trouble."""
        scene, box = self.scene, self.scene.box
        await box.switch(restatement_days=cast.RESTATED_AFTER_DAYS)
        world = await box.world()
        self.office = await office.open_office(scene, self.begun)
        self.hearing = await hearing.open_ears(scene, self.receivers)
        await self.hearing.brand_listens()
        await opening.connect(scene, world)
        self.opened = await opening.look(scene)
        await opening.make_offers(scene)
        await opening.enter(scene, world)
        await self._meet(world)
        self.diary = Diary(scene, scene.partners[cast.FOLLOWED])
        goods = {store.brand: goods_of(world, store.brand) for store in cast.STORES}
        drawn = shoppers.draw(cast.AFFILIATES, goods, cast.DAYS + 1)
        await days.pass_days(
            scene,
            days.Shopping(scene, drawn),
            before={
                cast.DOWN_DAYS.start: lambda: box.break_level(cast.LEVEL_DOWN),
                cast.DOWN_DAYS.stop: box.mend,
            },
            after={
                cast.TOO_EARLY_DAY: lambda: verdicts.too_early(scene),
                cast.DOWN_DAYS.stop - 1: self._look_at_freshness,
                cast.NEW_RATE_DAY: self._raise_rate,
                cast.FIRST_VERDICTS_DAY: lambda: verdicts.first(scene),
            },
            every=self.diary.write,
            tell=tell,
        )
        await verdicts.last(scene, cast.STORES[0].brand)
        await self._ask_for_an_order()
        mine, other = (scene.partners[name, cast.STORES[0].brand] for name in _TWO)
        await self.hearing.compare(self.nora)
        self.room = await rooms.compare(scene, self.nora, mine.id, other.id)

    async def _meet(self, world: dict[str, Any]) -> None:
        """In the marketplace and in discovery; then what they share is made."""
        scene = self.scene
        await market.list_offer(scene, self.office)
        self.nora = await market.apply(scene, self.office)
        await self.hearing.affiliate_listens(self.nora)
        omar = await market.invite(scene, self.office)
        await shelf.open_shop(scene, self.office, world, self.nora)
        await shelf.share(scene, world, self.nora)
        await shelf.share_pasted(scene, world, omar)

    async def _look_at_freshness(self) -> None:
        self.freshness = (await self.scene.api.ask(_FRESHNESS))["stores"]["nodes"]
        for store in self.freshness:
            if store["freshness"]["missingLevels"] != [cast.LEVEL_DOWN]:
                raise Trouble(f"{cast.LEVEL_DOWN} is down, and the API says {store}", "web")

    async def _raise_rate(self) -> None:
        """A new rate from today on; days before today keep theirs."""
        today = (await self.scene.box.now()).date()
        for wanted in cast.STORES:
            if wanted.new_percent is None:
                continue
            store = self.scene.stores[wanted.brand]
            terms = {"ratePercent": str(wanted.new_percent)}
            order: dict[str, object] = {"offerId": store.offer_id, "terms": terms}
            yesterday = str(today - timedelta(days=1))
            await self.scene.refuse(
                "A new rate for sales of yesterday",
                _NEW_RATE,
                input=order | {"startsOn": yesterday},
            )
            await self.scene.api.act(_NEW_RATE, input=order | {"startsOn": str(today)})
            store.rates.append(Rate(today, wanted.new_percent))

    async def _ask_for_an_order(self) -> None:
        id = "112-4823718-2290651"
        answer = await self.scene.api.ask(_ORDER, id=id)
        self.scene.refusals.append(Refusal(f"Find the order {id}", answer["amazonOrder"]["reason"]))
