"""Write and show a profile, mark the affiliates that were found, measure how they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from db.pool import Tx
from domain.discovery import queries, rules
from domain.discovery.record import PERIOD
from domain.discovery.rules import Channel, Mark, Profile
from domain.duties import actions as duties
from domain.duties.queries import take_slots
from domain.duties.rules import INSTALLATION, Kind
from domain.errors import NotFound
from domain.ids import encode

_MOST_AT_ONCE: Final = 500


async def save_profile(
    tx: Tx, affiliate_id: UUID, name: str, bio: str, channels: Sequence[Channel],
    niches: Sequence[str], countries: Sequence[str], amazon_capable: bool, now: datetime,
) -> Profile:  # fmt: skip
    """Write the draft anew. What brands see stays as it was published. Raises InvalidInput.

    The transaction is the affiliate's own, here and in the two below.
    """
    profile = rules.profile(name, bio, channels, niches, countries, amazon_capable)
    await queries.save_profile(tx, affiliate_id, profile, now)
    return profile


async def publish_profile(tx: Tx, affiliate_id: UUID, now: datetime) -> Profile:
    """Show the draft as it is now to every brand. Twice is once. Raises ProfileIncomplete."""
    profile = rules.check_publishable(await queries.lock_profile(tx, affiliate_id))
    verified = await queries.is_verified(tx, affiliate_id)
    await queries.publish(tx, affiliate_id, profile, verified, now)
    await queries.keep_words(tx, affiliate_id)
    return profile


async def unpublish_profile(tx: Tx, affiliate_id: UUID) -> None:
    """No brand finds the affiliate any more, by any means. Twice is once; the draft stays.

    Raises NotFound when none was ever written.
    """
    if await queries.lock_profile(tx, affiliate_id) is None:
        raise NotFound("profile", encode("pdrf", affiliate_id))
    await queries.unpublish(tx, affiliate_id)


async def mark(tx: Tx, account_id: UUID, affiliate_id: UUID, mark: Mark, now: datetime) -> None:
    """Star or ignore a published affiliate; one of the two at a time. Twice is once.

    Raises NotFound.
    """
    await _check_published(tx, affiliate_id)
    await queries.mark(tx, account_id, affiliate_id, mark, now)


async def unmark(tx: Tx, account_id: UUID, affiliate_id: UUID) -> None:
    """Neither starred nor ignored any more; twice is once. Raises NotFound."""
    await _check_published(tx, affiliate_id)
    await queries.unmark(tx, account_id, affiliate_id, list(Mark))


async def plan_measuring(tx: Tx, now: datetime) -> None:
    """Promise to measure whoever is published, once a day of UTC. As often asked as one likes."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    due = {f"track record {id}": id for id in await queries.unmeasured(tx, today, _MOST_AT_ONCE)}
    for name in await take_slots(tx, {name: f"{today:%Y-%m-%d}" for name in due}, now):
        await duties.promise(tx, Kind.MEASURE_TRACK_RECORD, str(due[name]), INSTALLATION, {}, now)


async def measure_track_record(tx: Tx, affiliate_id: UUID, now: datetime) -> None:
    """Measure the last 90 days over all accounts. The transaction is the installation's.

    Of whoever is not published any more nothing is measured.
    """
    if await queries.is_published(tx, affiliate_id):
        record = await queries.measure(tx, affiliate_id, now - PERIOD)
        await queries.put_record(tx, affiliate_id, record, now)


async def _check_published(tx: Tx, affiliate_id: UUID) -> None:
    """Whoever has shown nothing is told from nobody by nothing. Raises NotFound."""
    if not await queries.is_published(tx, affiliate_id):
        raise NotFound("affiliate profile", encode("affp", affiliate_id))
