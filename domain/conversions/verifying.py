"""The proof that conversions are a function of what Amazon said: make them anew and compare."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from db.pool import Tx
from domain.conversions import actions, queries
from domain.errors import Refusal
from domain.ids import encode
from domain.reports.queries import lock_profile


@dataclass(eq=False)
class RebuiltOtherwise(Refusal):
    """A rebuild gave other conversions than there were: a fault of ours, or of somebody's hands."""

    ids: list[str]

    @property
    def message(self) -> str:
        return (
            f"{len(self.ids)} conversions would come out otherwise, so everything is left as it "
            f"is: {', '.join(self.ids[:10])}. Look at their history before anything is paid."
        )


async def rebuild_account(tx: Tx, account_id: UUID) -> int:
    """Make all conversions of an account anew; how many. Raises RebuiltOtherwise."""
    before = await queries.everything(tx, account_id)
    for profile_id in await queries.profile_ids(tx, account_id):
        profile = await lock_profile(tx, account_id, profile_id)
        assert profile is not None, "it has just been listed"
        await actions.rebuild(tx, profile)
    after = await queries.everything(tx, account_id)
    otherwise = [id for id in before.keys() | after.keys() if before.get(id) != after.get(id)]
    if otherwise:
        raise RebuiltOtherwise(sorted(encode("conv", id) for id in otherwise))
    return len(after)
