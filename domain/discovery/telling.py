"""Letters about invitations: to the affiliate about a new one, to the brand about its answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.access import SCOPES, Role, Scope
from domain.applications.queries import addresses
from domain.applications.telling import Post
from domain.discovery import invitations
from domain.mail import letters
from domain.mail.actions import send


async def tell_invited(
    tx: Tx, account_id: UUID, invitation_id: UUID, post: Post | None, now: datetime
) -> None:
    """Promise the letter of a new invitation; without a post, none.

    The brand's own words are quoted only to an address that somebody has shown to be theirs: an
    account may enter any address, and would have us write to it whatever it likes.
    """
    if post is None:
        return
    about = await invitations.correspondence(tx, account_id, invitation_id)
    message = about.message if about.verified else None
    letter = letters.invited_to_offer(
        post.front_end_url, about.brand_name, about.offer_name, message
    )
    await send(tx, post.keyring, account_id, about.email, *letter, now)


async def tell_answered(
    tx: Tx, account_id: UUID, invitation_id: UUID, post: Post | None, now: datetime, *,
    accepted: bool,
) -> None:  # fmt: skip
    """Promise the letter of an answer to those of the account who can invite."""
    if post is None:
        return
    about = await invitations.correspondence(tx, account_id, invitation_id)
    letter = letters.invitation_answered(
        post.front_end_url, about.affiliate_name, about.offer_name, accepted=accepted
    )
    roles = [role.value for role in Role if Scope.MANAGE in SCOPES[role]]
    for address in await addresses(tx, account_id, roles):
        await send(tx, post.keyring, account_id, address, *letter, now)
