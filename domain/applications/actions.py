"""Apply to a listed programme; accept, reject and withdraw applications."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from db.pool import Tx
from domain.affiliates.actions import add_to_offer, answer_waiting
from domain.applications import queries, rules
from domain.applications.rules import Application, Draft, State
from domain.applications.telling import Post, tell
from domain.clock import local_day
from domain.errors import NotFound, Refusal
from domain.events import news
from domain.events.rules import EventType
from domain.ids import encode
from domain.marketplace import actions as marketplace
from domain.marketplace import queries as listings
from domain.offers import queries as offers


async def account_to_apply_to(tx: Tx, affiliate_id: UUID, listing_id: UUID, now: datetime) -> UUID:
    """Whose listing it is; the first half of applying, as the affiliate.

    An affiliate may send 20 applications within a day, over all accounts. Raises NotFound or
    TooManyApplications.
    """
    account_id = await listings.account_of(tx, listing_id)
    if account_id is None:
        raise marketplace.not_listed(listing_id)
    await queries.hold_affiliate(tx, affiliate_id)
    rules.check_pace(await queries.sent_since(tx, affiliate_id, now - rules.PACE))
    return account_id


async def apply(
    tx: Tx, account_id: UUID, listing_id: UUID, affiliate_id: UUID, draft: Draft, actor: str,
    now: datetime, post: Post | None = None,
) -> Application:  # fmt: skip
    """Ask to join the programme of a listed offer (S35); the second half, in the account.

    Where the listing's rules are met the partnership begins at once; otherwise the application
    waits for a person, and its first event says why. Raises NotFound, PartnersAlready,
    AlreadyApplied, QuestionsUnanswered, AgreementNotAccepted or InvalidInput.
    """
    seen = await listings.listed(tx, account_id)
    if seen is None or seen.id != listing_id:
        raise marketplace.not_listed(listing_id)
    # In the order in which everybody takes them: reports, the offer, its store, the listing.
    await offers.hold_reports(tx, account_id, seen.offer_id)
    await offers.use(tx, account_id, seen.offer_id)
    time_zone, _ = await listings.hold_store(tx, account_id, seen.shown.store_id)
    listing = await listings.lock(tx, account_id)
    if listing is None or listing.id != listing_id:
        raise marketplace.not_listed(listing_id)
    store_id = listing.shown.store_id
    applicant = await queries.applicant(tx, account_id, store_id, affiliate_id)
    if applicant is None:
        raise NotFound("affiliate", encode("affl", affiliate_id))
    if partnership := await queries.partnership_between(tx, account_id, store_id, affiliate_id):
        raise rules.PartnersAlready(partnership)
    if waiting := await queries.open_application(tx, account_id, store_id, affiliate_id):
        raise rules.AlreadyApplied(waiting)
    message = rules.message(draft.message)
    answers = rules.answers(listing.form.questions, draft.answers)
    agreement_id = listing.shown.agreement_id
    agreement = agreement_id and await listings.agreement(tx, account_id, agreement_id)
    await marketplace.accept_agreement(
        tx, account_id, agreement or None, affiliate_id, draft.agreement_sha256, actor, now
    )
    application = await queries.insert(tx, account_id, listing, applicant, message, answers, now)
    await marketplace.note_visit(tx, account_id, listing_id, affiliate_id, now, started=True)
    midnight = datetime.combine(local_day(now, time_zone), time(), ZoneInfo(time_zone))
    let_in = await queries.let_in_since(tx, account_id, store_id, midnight)
    doubt = rules.doubt(listing.form.acceptance, applicant, let_in)
    await queries.insert_event(
        tx, account_id, application.id, State.SUBMITTED, doubt and doubt.value, actor, now
    )
    await news.applications(tx, account_id, [application.id], _BECAME[State.SUBMITTED], now)
    if doubt is None:
        return await _accept(tx, account_id, application, rules.RULES, now, post)
    await tell(tx, account_id, application.id, post, now)
    return application


async def accept_application(
    tx: Tx, account_id: UUID, application_id: UUID, actor: str, now: datetime,
    post: Post | None = None,
) -> Application:  # fmt: skip
    """Make the applicant a partner by the offer they applied for. Accepting twice is once.

    Raises NotFound, ApplicationDecided, AlreadyPartner when they became one otherwise meanwhile,
    OfferArchived or SalesAlreadyReported.
    """
    await queries.hold_partnerships(tx, account_id, [application_id])
    return await _accept_held(tx, account_id, application_id, actor, now, post)


async def reject_application(
    tx: Tx, account_id: UUID, application_id: UUID, reason: str, actor: str, now: datetime,
    post: Post | None = None,
) -> Application:  # fmt: skip
    """Turn the applicant down, with a reason for them to read; twice is once, the first reason
    stands.

    Raises NotFound, ApplicationDecided or InvalidInput.
    """
    why = rules.reason(reason)
    application = await _locked(tx, account_id, application_id)
    if not rules.moves(application, State.REJECTED):
        return application
    return await _set(tx, account_id, application, State.REJECTED, why, actor, now, post)


async def withdraw(
    tx: Tx, account_id: UUID, application_id: UUID, actor: str, now: datetime
) -> Application:
    """The affiliate takes an application back; twice is once. Raises NotFound or
    ApplicationDecided.
    """
    application = await _locked(tx, account_id, application_id)
    if not rules.moves(application, State.WITHDRAWN):
        return application
    return await _set(tx, account_id, application, State.WITHDRAWN, None, actor, now, None)


async def accept_applications(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], actor: str, now: datetime,
    post: Post | None = None,
) -> dict[UUID, Refusal | None]:  # fmt: skip
    """Accept each one that may be; for each id its refusal, or None when it stands accepted."""
    await queries.hold_partnerships(tx, account_id, ids)
    return await _each(
        tx, account_id, ids, lambda id: _accept_held(tx, account_id, id, actor, now, post)
    )


async def reject_applications(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], reason: str, actor: str, now: datetime,
    post: Post | None = None,
) -> dict[UUID, Refusal | None]:  # fmt: skip
    """Reject each one that may be, all for the same reason; for each id its refusal, or None when
    it stands rejected. Raises InvalidInput.
    """
    why = rules.reason(reason)
    return await _each(
        tx, account_id, ids,
        lambda id: reject_application(tx, account_id, id, why, actor, now, post),
    )  # fmt: skip


async def _each(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], answer: Callable[[UUID], Awaitable[object]]
) -> dict[UUID, Refusal | None]:
    await queries.lock(tx, account_id, ids)
    outcomes: dict[UUID, Refusal | None] = {}
    for id in dict.fromkeys(ids):
        try:
            async with tx.transaction():  # what one of them began does not stay when it is refused
                await answer(id)
            outcomes[id] = None
        except Refusal as refusal:
            outcomes[id] = refusal
    return outcomes


async def _accept_held(
    tx: Tx, account_id: UUID, application_id: UUID, actor: str, now: datetime, post: Post | None
) -> Application:
    """With its partnership locked before: to lock it after the application, or after another one,
    is to wait for somebody who waits."""
    application = await _locked(tx, account_id, application_id)
    if not rules.moves(application, State.ACCEPTED):
        return application
    return await _accept(tx, account_id, application, actor, now, post)


async def _accept(
    tx: Tx, account_id: UUID, application: Application, by: str, now: datetime,
    post: Post | None,
) -> Application:  # fmt: skip
    affiliate_id = application.affiliate_id
    await add_to_offer(tx, account_id, affiliate_id, application.offer_id, now)
    accepted = await _set(tx, account_id, application, State.ACCEPTED, None, by, now, post)
    await answer_waiting(tx, account_id, application.store_id, affiliate_id, by, now)
    return accepted


async def _set(
    tx: Tx, account_id: UUID, application: Application, state: State, reason: str | None, by: str,
    now: datetime, post: Post | None,
) -> Application:  # fmt: skip
    await queries.set_state(tx, account_id, application.id, state, reason, by, now)
    await queries.insert_event(tx, account_id, application.id, state, reason, by, now)
    await news.applications(tx, account_id, [application.id], _BECAME[state], now)
    await tell(tx, account_id, application.id, post, now)
    return replace(application, state=state, decided_at=now)


_BECAME = {
    State.SUBMITTED: EventType.APPLICATION_SUBMITTED,
    State.ACCEPTED: EventType.APPLICATION_ACCEPTED,
    State.REJECTED: EventType.APPLICATION_REJECTED,
    State.WITHDRAWN: EventType.APPLICATION_WITHDRAWN,
}


async def _locked(tx: Tx, account_id: UUID, application_id: UUID) -> Application:
    found = await queries.lock(tx, account_id, [application_id])
    if application_id not in found:
        raise NotFound("application", encode("appl", application_id))
    return found[application_id]
