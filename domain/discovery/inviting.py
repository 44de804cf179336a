"""Invite affiliates to join by an offer, withdraw, accept, decline.

Locks are taken in one order: reports, the offer, its store, the invitation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.affiliates import actions as affiliates
from domain.affiliates.rules import AlreadyPartner, Partnership
from domain.applications.telling import Post
from domain.discovery import invitation as rules
from domain.discovery import invitations, queries
from domain.discovery.invitation import Invitation, State
from domain.discovery.rules import Mark
from domain.discovery.telling import tell_answered, tell_invited
from domain.errors import InvalidInput, NotFound, Refusal
from domain.ids import encode
from domain.marketplace import actions as marketplace
from domain.marketplace.queries import hold_store, newest_agreement
from domain.marketplace.rules import NoStoreToPromote
from domain.offers import queries as offers
from domain.offers.lifecycle import Offer, check_not_archived


async def invite(
    tx: Tx, account_id: UUID, affiliate_id: UUID, offer_id: UUID, message: str, actor: str,
    now: datetime, post: Post | None = None,
) -> Invitation:  # fmt: skip
    """Ask an affiliate whom the account can find to join by an offer. Who was ignored is no more.

    Raises NotFound, OfferArchived, NoStoreToPromote, AlreadyPartner, AlreadyInvited,
    TooManyInvitations or InvalidInput.
    """
    outcomes = await invite_many(
        tx, account_id, [affiliate_id], offer_id, message, actor, now, post
    )
    outcome = outcomes[affiliate_id]
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def invite_many(
    tx: Tx, account_id: UUID, affiliate_ids: Sequence[UUID], offer_id: UUID, message: str,
    actor: str, now: datetime, post: Post | None = None,
) -> dict[UUID, Invitation | Refusal]:  # fmt: skip
    """Invite each one who can be; for each id the invitation, or why there is none.

    Raises what is wrong with all of them: NotFound of the offer, OfferArchived, NoStoreToPromote or
    InvalidInput.
    """
    if len(affiliate_ids) > rules.MOST_AT_ONCE:
        raise InvalidInput("affiliateIds", f"Invite {rules.MOST_AT_ONCE} at most at once.")
    written = rules.message(message)
    await invitations.one_at_a_time(tx, account_id)
    offer = await offers.use(tx, account_id, offer_id)
    if offer is None:
        raise NotFound("offer", encode("offr", offer_id))
    check_not_archived(offer)
    _, disconnected_at = await hold_store(tx, account_id, offer.store_id)
    if disconnected_at is not None:
        raise NoStoreToPromote(disconnected_at)
    agreement = await newest_agreement(tx, account_id, offer_id)
    agreement_id = None if agreement is None else agreement.id
    outcomes: dict[UUID, Invitation | Refusal] = {}
    for affiliate_id in dict.fromkeys(affiliate_ids):
        try:
            outcomes[affiliate_id] = sent = await _send(
                tx, account_id, offer, affiliate_id, written, agreement_id, actor, now
            )
        except Refusal as refusal:
            outcomes[affiliate_id] = refusal
        else:
            await tell_invited(tx, account_id, sent.id, post, now)
    return outcomes


async def withdraw(tx: Tx, account_id: UUID, invitation_id: UUID, now: datetime) -> Invitation:
    """Take an invitation back that was not answered. Twice is once.

    Raises NotFound or InvitationClosed.
    """
    sent = await invitations.lock(tx, account_id, invitation_id)
    if sent is None:
        raise _no_invitation(invitation_id)
    if rules.becomes(sent.state, State.WITHDRAWN):
        await invitations.close(tx, account_id, invitation_id, State.WITHDRAWN, None, now)
    return sent


async def accept(
    tx: Tx, account_id: UUID, invitation_id: UUID, affiliate_id: UUID,
    agreement_sha256: str | None, actor: str, now: datetime, post: Post | None = None,
) -> Partnership | None:  # fmt: skip
    """Become a partner of the offer's store. Twice is once: the second time gives None.

    Where the offer has an agreement, what was read of it is given by its SHA-256 in hexadecimal.
    Raises NotFound, InvitationClosed, OfferNoLongerUsed, AgreementNotAccepted, AlreadyPartner, or
    SalesAlreadyReported when a former partner's sales of today have been priced.
    """
    offer_id = await invitations.offer_of(tx, account_id, invitation_id)
    if offer_id is None:
        raise _no_invitation(invitation_id)
    await offers.hold_reports(tx, account_id, offer_id)
    offer = await offers.use(tx, account_id, offer_id)
    assert offer is not None, "an invitation has an offer, and nobody deletes one"
    sent = await _of_affiliate(tx, account_id, invitation_id, affiliate_id)
    if not rules.becomes(sent.state, State.ACCEPTED):
        return None
    if offer.archived_at is not None:
        raise rules.OfferNoLongerUsed(offer.name)
    agreement = await newest_agreement(tx, account_id, offer_id)
    await marketplace.accept_agreement(
        tx, account_id, agreement, affiliate_id, agreement_sha256, actor, now
    )
    await invitations.close(tx, account_id, invitation_id, State.ACCEPTED, None, now)
    partnership = await affiliates.add_to_offer(tx, account_id, affiliate_id, offer_id, now)
    await affiliates.answer_waiting(tx, account_id, sent.store_id, affiliate_id, sent.sent_by, now)
    await tell_answered(tx, account_id, invitation_id, post, now, accepted=True)
    return partnership


async def decline(
    tx: Tx, account_id: UUID, invitation_id: UUID, affiliate_id: UUID, reason: str | None,
    now: datetime, post: Post | None = None,
) -> Invitation:  # fmt: skip
    """Say no; the brand reads the reason, if one is given. Twice is once.

    Raises NotFound, InvitationClosed or InvalidInput.
    """
    why = rules.reason(reason)
    sent = await _of_affiliate(tx, account_id, invitation_id, affiliate_id)
    if rules.becomes(sent.state, State.DECLINED):
        await invitations.close(tx, account_id, invitation_id, State.DECLINED, why, now)
        await tell_answered(tx, account_id, invitation_id, post, now, accepted=False)
    return sent


async def _send(
    tx: Tx, account_id: UUID, offer: Offer, affiliate_id: UUID, message: str,
    agreement_id: UUID | None, actor: str, now: datetime,
) -> Invitation:  # fmt: skip
    """Refuses before it writes, so that the others of a batch can go on in the transaction."""
    name = await queries.found_name(tx, account_id, affiliate_id)
    if name is None:
        raise NotFound("affiliate", encode("affl", affiliate_id))
    if partner := await invitations.partner(tx, account_id, offer.store_id, affiliate_id):
        raise AlreadyPartner(*partner)
    if waiting := await invitations.open_one(tx, account_id, offer.store_id, affiliate_id):
        raise rules.AlreadyInvited(*waiting)
    rules.check_few(
        await invitations.sent(tx, account_id, affiliate_id, now - rules.DAY, now - rules.MONTH)
    )
    sent = await invitations.insert(
        tx, account_id, offer.id, offer.store_id, affiliate_id, name, message, agreement_id,
        actor, now,
    )  # fmt: skip
    await queries.unmark(tx, account_id, affiliate_id, [Mark.IGNORED])
    return sent


async def _of_affiliate(
    tx: Tx, account_id: UUID, invitation_id: UUID, affiliate_id: UUID
) -> Invitation:
    """Locked. Somebody else's is none."""
    sent = await invitations.lock(tx, account_id, invitation_id)
    if sent is None or sent.affiliate_id != affiliate_id:
        raise _no_invitation(invitation_id)
    return sent


def _no_invitation(invitation_id: UUID) -> NotFound:
    return NotFound("invitation", encode("invt", invitation_id))
