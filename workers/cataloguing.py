"""A store's products: searched for, or read from a report when the seller has too many for that.

A report takes Amazon minutes. Its id is kept on the run, and the duty goes on later; no worker and
no transaction waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domain.amazon.queries import grant_of
from domain.amazon.rules import Api, GrantState
from domain.catalog import actions, queries
from domain.catalog.listings import (
    Listing,
    QuarantinedListing,
    UnreadableListings,
    from_report,
    from_search,
)
from domain.catalog.marketplaces import Region
from domain.catalog.queries import Run, Supply
from domain.catalog.stocktaking import Item
from domain.duties.rules import Duty
from workers.amazon.errors import AmazonError, InvalidGrant, TooManyListings, TryLater
from workers.amazon.selling_partner import MOST_ASINS, SellingPartner
from workers.amazon.shapes import ReportState, SearchPage
from workers.deps import Deps
from workers.errors import NotYet, TryAgain

_SOONEST_LOOK = timedelta(seconds=30)
_LATEST_LOOK = timedelta(minutes=10)
_REPORT_PATIENCE = timedelta(hours=6)
_OLDER_COPY = timedelta(hours=6)
"""For so long Amazon may answer with a copy of a report in another language."""


@dataclass(slots=True)
class _Listed:
    """What came of a listing. `complete` says that Amazon did not break off."""

    rows: list[Listing] = field(default_factory=list)
    quarantined: list[QuarantinedListing] = field(default_factory=list)
    complete: bool = True


class _NoListing(Exception):
    """There is no listing this time; the message says why."""


async def sync_catalog(deps: Deps, duty: Duty) -> None:
    """Bring the products of a store, the duty's subject, up to Amazon's listing."""
    now = deps.clock.now()
    async with deps.db.transaction(duty.account_id) as tx:
        supply = await queries.supply(tx, duty.account_id, UUID(duty.subject))
        if supply is None:
            return  # disconnected since this was promised
        run = await actions.open_run(tx, supply, now)
    try:
        source = await _source(deps, supply)
        listed = await _listing(deps, source, supply, run)
        items = await _items(deps, source, supply, listed.rows)
    except TryLater:
        raise  # the run stays open, and with it the report that was ordered
    except InvalidGrant as error:
        # Connecting again promises the catalogue again.
        await _fail(deps, run, str(error))
        return
    except (UnreadableListings, _NoListing) as error:
        await _fail(deps, run, str(error))
        raise TryAgain(str(error), now + _OLDER_COPY) from error
    except AmazonError as error:
        await _fail(deps, run, str(error))
        raise
    async with deps.db.transaction(duty.account_id) as tx:
        await actions.apply_listing(
            tx, supply, run, listed.rows, items, listed.quarantined, deps.clock.now(),
            complete=listed.complete, accepted=bool(duty.payload.get("accepted")),
        )  # fmt: skip


async def _source(deps: Deps, supply: Supply) -> SellingPartner:
    async with deps.db.account(supply.account_id) as tx:
        grant = await grant_of(tx, supply.account_id, supply.seller_account_id, Api.SELLING_PARTNER)
    if grant is None or grant.state is not GrantState.CONNECTED:
        said = grant.problem if grant is not None else None
        raise InvalidGrant(said or "Connect the seller account to Seller Central first.")
    tokens = deps.tokens(supply.account_id, grant.id)
    return deps.amazon.selling_partner(Region(supply.region), supply.merchant_id, tokens)


async def _listing(deps: Deps, source: SellingPartner, supply: Supply, run: Run) -> _Listed:
    if run.amazon_report_id is not None:
        return await _from_report(deps, source, run, run.amazon_report_id)
    try:
        return await _from_search(deps, source, supply, run)
    except TooManyListings:
        report_id = await source.create_report(supply.marketplace_id)
    async with deps.db.transaction(supply.account_id) as tx:
        await queries.set_report(tx, run, report_id)
    raise NotYet(deps.clock.now() + _SOONEST_LOOK)


async def _from_search(deps: Deps, source: SellingPartner, supply: Supply, run: Run) -> _Listed:
    listed = _Listed()
    promised = 0
    async for page in source.search_listings(supply.marketplace_id):
        found = from_search(page, supply.marketplace_id)
        listed.rows += found.rows
        listed.quarantined += found.quarantined
        promised = promised or msgspec.json.decode(page, type=SearchPage).number_of_results
        read = len(listed.rows) + len(listed.quarantined)
        async with deps.db.transaction(supply.account_id) as tx:
            await queries.set_progress(tx, run, read, promised)
    listed.complete = len(listed.rows) + len(listed.quarantined) >= promised
    return listed


async def _from_report(deps: Deps, source: SellingPartner, run: Run, report_id: str) -> _Listed:
    progress = await source.report(report_id)
    match progress.state:
        case ReportState.DONE if progress.document_id is not None:
            text = await source.download(await source.document(progress.document_id))
            found = from_report(text)
            return _Listed(found.rows, found.quarantined)
        case ReportState.IN_QUEUE | ReportState.IN_PROGRESS:
            raise _not_done(run, deps.clock.now())
        case ReportState.FATAL if progress.document_id is not None:
            text = await source.download(await source.document(progress.document_id))
            raise _NoListing(f"Amazon could not make the listings report: {text[:300]}")
        case _:
            raise _NoListing(f"Amazon ended the listings report as {progress.state}.")


def _not_done(run: Run, now: datetime) -> Exception:
    waited = now - run.started_at
    if waited > _REPORT_PATIENCE:
        return _NoListing("Amazon has not finished the listings report in six hours.")
    return NotYet(now + max(_SOONEST_LOOK, min(waited / 2, _LATEST_LOOK)))


async def _items(
    deps: Deps, source: SellingPartner, supply: Supply, rows: Sequence[Listing]
) -> Mapping[str, Item]:
    """What the catalogue says of ASINs whose brand is not known yet; a brand does not change."""
    async with deps.db.account(supply.account_id) as tx:
        known = await queries.enriched_asins(tx, supply.account_id, supply.store_id)
    asins = [asin for asin in dict.fromkeys(row.asin for row in rows) if asin not in known]
    items = {}
    for start in range(0, len(asins), MOST_ASINS):
        batch = asins[start : start + MOST_ASINS]
        for one in await source.catalog_items(batch, supply.marketplace_id):
            category = one.category or one.product_type
            items[one.asin] = Item(one.brand, one.title, category, one.image_url)
    return items


async def _fail(deps: Deps, run: Run, problem: str) -> None:
    async with deps.db.transaction(run.account_id) as tx:
        await queries.close_run(tx, run, "FAILED", deps.clock.now(), problem=problem)
