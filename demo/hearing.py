"""Two consumers who ask for nothing and only listen: the brand's server, and an affiliate's.

In the end each has the same conversions as the API, to the cent, or the demo says where not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from demo.api import Api
from demo.errors import Trouble
from demo.people import Person
from demo.receiver import Ear, receiver
from demo.scene import Scene, Waiting

_TYPES = """{ __type(name: "WebhookEventType") { enumValues { name } } }"""
_LISTEN = """mutation($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) {
    __typename ... on WebhookSecretShown { secret endpoint { id } } ... on Refusal { message }
  }
}"""
_STOP = """mutation($id: ID!) {
  disableWebhookEndpoint(id: $id) {
    __typename ... on WebhookEndpoint { status } ... on Refusal { message }
  }
}"""
_ABOUT = "The demo's own server, which listens while the demo is played."
_CONVERSIONS = """query($first: Int!, $after: String) {
  conversions(first: $first, after: $after) {
    nodes { id status commission { amount } reported { commission { amount } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
_PATIENCE_S = 30


@dataclass(slots=True)
class Hearing:
    """Who listens, from the moment at which they began to."""

    scene: Scene
    brand: Ear
    affiliate: Ear

    async def brand_listens(self) -> None:
        await _listen(self.scene.api, self.brand)

    async def affiliate_listens(self, nora: Person) -> None:
        await _listen(nora.api, self.affiliate)
        self.scene.note(nora.name, "has every event about her sent to a server of her own")

    async def compare(self, nora: Person) -> None:
        """Wait until both have heard all, and no longer: their server ends with the demo. Raises
        Trouble when they never do."""
        for ear, api in ((self.brand, self.scene.api), (self.affiliate, nora.api)):
            await self.scene.until(
                f"agreement of {ear.url} with the API", partial(_agrees, ear, api), _PATIENCE_S
            )
            if ear.doubted:
                raise Trouble(f"{ear.doubted} deliveries to {ear.url} were not signed by us.")
            await api.act(_STOP, id=ear.endpoint)

    def facts(self) -> list[str]:
        both = (("The brand's server", self.brand), ("An affiliate's", self.affiliate))
        return [
            f"{who} heard {ear.heard} events of {len(ear.types)} types, each signed and none"
            f" missing; from them alone it has the same {_known(ear)} conversions, to the cent."
            for who, ear in both
        ]


async def open_ears(scene: Scene, origin: str) -> Hearing:
    """A server that listens until the scene is over."""
    ears = {path: Ear(f"{origin}{path}") for path in ("/brand", "/affiliate")}
    await scene.doors.enter_async_context(receiver(origin, ears))
    return Hearing(scene, *ears.values())


async def _listen(api: Api, ear: Ear) -> None:
    types = [one["name"] for one in (await api.ask(_TYPES))["__type"]["enumValues"]]
    wanted = {"url": ear.url, "eventTypes": types, "description": _ABOUT}
    made = await api.act(_LISTEN, input=wanted)
    ear.secret, ear.endpoint = made["secret"], made["endpoint"]["id"]


async def _agrees(ear: Ear, api: Api) -> bool | Waiting:
    if gaps := ear.missing():
        return Waiting(f"{gaps} events have not come")
    told = {
        entity: _money(event["data"])
        for entity, event in ear.newest.items()
        if entity.startswith("conv_")
    }
    read = {one["id"]: _money(one) async for one in api.all(_CONVERSIONS)}
    different = {id for id in told | read if told.get(id) != read.get(id)}
    some = sorted(different)[:3]
    return not different or Waiting(
        f"{len(different)} conversions differ: {[(id, told.get(id), read.get(id)) for id in some]}"
    )


def _money(conversion: dict[str, Any]) -> tuple[str, str, str]:
    return (
        conversion["status"],
        conversion["commission"]["amount"],
        conversion["reported"]["commission"]["amount"],
    )


def _known(ear: Ear) -> int:
    return sum(entity.startswith("conv_") for entity in ear.newest)
