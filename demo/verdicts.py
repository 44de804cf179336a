"""The third act: what has settled is approved or denied; what has not, cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demo.errors import Trouble
from demo.scene import Refusal, Scene

_LIST = """query($first: Int!, $after: String, $filter: ConversionFilter) {
  conversions(first: $first, after: $after, filter: $filter) {
    nodes { id day settlesOn partnership { id } store { id } }
    pageInfo { hasNextPage endCursor }
  }
}"""
_APPROVE = """mutation($id: ID!) {
  approveConversion(id: $id) { __typename ... on Conversion { id } ... on Refusal { message } }
}"""
_APPROVE_MANY = """mutation($ids: [ID!]!) {
  approveConversions(ids: $ids) {
    __typename ... on ConversionOutcomes { outcomes { id refusal { message } } }
    ... on Refusal { message }
  }
}"""
_DENY_MANY = """mutation($ids: [ID!]!, $reason: String!) {
  denyConversions(ids: $ids, reason: $reason) {
    __typename ... on ConversionOutcomes { outcomes { id refusal { message } } }
    ... on Refusal { message }
  }
}"""
_BATCH = 100

DENIED = "Gus Hale", "stonepath"
_WHY = "The podcast named a coupon that the brand had not agreed to."


async def too_early(scene: Scene) -> None:
    """Somebody approves what can still be returned."""
    pending = await _with_status(scene, "PENDING")
    if not pending:
        raise Trouble("There is no conversion that could be approved too early.")
    tried = f"Approve the sales of {pending[0]['day']} before they settle"
    await scene.refuse(tried, _APPROVE, id=pending[0]["id"])


async def first(scene: Scene) -> None:
    """Everything that has settled is decided, in batches with an outcome for each."""
    settled = await _with_status(scene, "SETTLED")
    partner = scene.partners[DENIED]
    denied = [one for one in settled if one["partnership"]["id"] == partner.id]
    approved = [one for one in settled if one["partnership"]["id"] != partner.id]
    pending = (await _with_status(scene, "PENDING"))[0]
    await _approve(scene, approved)
    # One of the batch cannot be decided yet; the others are, all the same.
    outcomes = await _many(scene, _DENY_MANY, [pending, *denied], reason=_WHY)
    for outcome in outcomes:
        if outcome["refusal"] is not None:
            tried = f"Deny {len(denied) + 1} at once, one of which has not settled"
            scene.refusals.append(Refusal(tried, outcome["refusal"]["message"]))
    tried = "Approve what was denied"
    await scene.refuse(tried, _APPROVE, id=denied[0]["id"])


async def last(scene: Scene, brand: str) -> None:
    """What has settled since is approved at one store; the other store leaves it for tomorrow."""
    store = scene.stores[brand]
    settled = await _with_status(scene, "SETTLED")
    await _approve(scene, [one for one in settled if one["store"]["id"] == store.id])


async def _approve(scene: Scene, rows: Sequence[dict[str, Any]]) -> None:
    for outcome in await _many(scene, _APPROVE_MANY, rows):
        if outcome["refusal"] is not None:
            raise Trouble(
                f"{outcome['id']} has settled and is not approved: {outcome['refusal']['message']}",
                "web",
            )


async def _many(
    scene: Scene, document: str, rows: Sequence[dict[str, Any]], **more: object
) -> list[dict[str, Any]]:
    outcomes: list[dict[str, Any]] = []
    for start in range(0, len(rows), _BATCH):
        ids = [row["id"] for row in rows[start : start + _BATCH]]
        outcomes += (await scene.api.act(document, ids=ids, **more))["outcomes"]
    return outcomes


async def _with_status(scene: Scene, status: str) -> list[dict[str, Any]]:
    return [one async for one in scene.api.all(_LIST, filter={"status": [status]})]
