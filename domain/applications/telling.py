"""Letters about applications: to the brand about one that waits, to the affiliate about answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.access import SCOPES, Role, Scope
from domain.applications import queries
from domain.applications.rules import State
from domain.mail import letters
from domain.mail.actions import send
from domain.sealing import Keyring


@dataclass(frozen=True, slots=True)
class Post:
    """What it takes to send letters."""

    keyring: Keyring
    front_end_url: str


async def tell(
    tx: Tx, account_id: UUID, application_id: UUID, post: Post | None, now: datetime
) -> None:
    """Promise the letters that an application's new state asks for; without a post, none."""
    if post is None:
        return
    about = await queries.correspondence(tx, account_id, application_id)
    url = post.front_end_url
    match about.state:
        case State.SUBMITTED:
            to = await queries.addresses(tx, account_id, _may_answer())
            letter = letters.application_received(url, about.affiliate_name, about.offer_name)
        case State.ACCEPTED:
            to = [about.affiliate_email]
            letter = letters.application_accepted(url, about.brand_name, about.offer_name)
        case State.REJECTED:
            to = [about.affiliate_email]
            letter = letters.application_rejected(
                url, about.brand_name, about.offer_name, about.reason
            )
        case State.WITHDRAWN:
            return
    for address in to:
        await send(tx, post.keyring, account_id, address, *letter, now)


def _may_answer() -> list[str]:
    return [role.value for role in Role if Scope.MANAGE in SCOPES[role]]
