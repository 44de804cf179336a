"""A world with a hundred rows in each of its lists: one that is read through shows.

What is multiplied is Fern's store of which Amazon reports, with its first partner, and the network
around it: accounts that list offers, affiliates who show themselves.
"""

from __future__ import annotations

from typing import Final

import asyncpg

from db.pool import Database
from domain.access import Room, Scope, Seat
from tests.access.world import World, a_world

MANY: Final = 100
"""More than a page shows here, and no more than a list has on average for which WHOLE stands."""
SOME: Final = 30
"""Of one thing of a hundred: clicks on one link, versions of one day, offers of one store."""
FEW: Final = 5
"""Moves of one partner from offer to offer, marketplaces of one brand."""

_FERN: Final = "account_id = (SELECT account_id FROM account WHERE name = 'Fern')"
_LISTING: Final = f"(SELECT {{}} FROM listing WHERE {_FERN})"
_LISTED: Final = f"{_FERN} AND offer_id = {_LISTING.format('offer_id')}"
_MEASURED: Final = f"{_FERN} AND name = 'Fern store'"
_OF_STORE: Final = f"{_FERN} AND store_id = (SELECT id FROM store WHERE {_MEASURED})"
_PARTNERSHIP: Final = "(SELECT partnership_id FROM click LIMIT 1)"
"""The first partner's, who alone has clicks."""
_OF_PARTNER: Final = f"{_FERN} AND partnership_id = {_PARTNERSHIP}"
_SOLD: Final = f"{_OF_PARTNER} AND status = 'APPROVED'"
_REPORTED: Final = f"{_OF_PARTNER} AND level = '{{}}'"


def _id(of: str) -> str:
    """The id of the n-th copy of something, so that each statement names it."""
    return f"md5('{of}' || n)::uuid"


def _earlier(column: str, unit: str = "interval '1 h'") -> dict[str, str]:
    return {column: f"k.{column} - n * {unit}"}


async def a_crowded_house(db: Database, owner: asyncpg.Connection) -> tuple[dict[str, Seat], World]:
    """The seats from which it is looked, by name, and what was multiplied. As superuser."""
    world, _, _ = await a_world(db, owner)
    affiliate_id = world.affiliates["affiliate_own"]
    crowd = _Crowd(owner)
    await owner.execute("SET session_replication_role = replica")  # the rows refer to each other
    await crowd.network()
    await crowd.stores()
    await crowd.partners()
    await crowd.partner()
    await crowd.sales()
    await crowd.office()
    await crowd.told("Fern", _FERN)
    await crowd.told("affiliate", f"account_id = '{affiliate_id}'")
    await crowd.room_of(f"'{affiliate_id}'")
    await owner.execute("RESET session_replication_role")
    await owner.execute("VACUUM ANALYZE")
    seats = {
        "owner": Seat(Room.ACCOUNT, world.fern.account_id, frozenset(Scope)),
        "affiliate": Seat(Room.AFFILIATE, affiliate_id),
        "operator": Seat(Room.OPERATOR, None),
    }
    return seats, world


class _Crowd:
    """Rows copied from one that is there, with what makes each of them another."""

    def __init__(self, owner: asyncpg.Connection) -> None:
        self._owner = owner

    async def copies(self, table: str, of: str, changed: dict[str, str], times: int = MANY) -> None:
        """Copies of the first row `of` a condition, which is `k`, with columns that are `changed`
        to SQL in which `n` counts them."""
        columns = [
            row["attname"]
            for row in await self._owner.fetch(
                "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass"
                " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                table,
            )
        ]
        changed = {"id": _id(table)} | changed
        values = ", ".join(changed.get(column, f"k.{column}") for column in columns)
        made = await self._owner.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
            f" FROM (SELECT * FROM {table} WHERE {of} LIMIT 1) k, generate_series(1, {times}) n"
        )
        assert made == f"INSERT 0 {times}", f"{table}: there is one to be copied"

    async def network(self) -> None:
        """Affiliates who show themselves, and accounts with a listing each."""
        named, affiliate = {"name": "'Crowd ' || n"}, _id("affiliate")
        person = {"email": "n || '@crowd.example'", "person_id": "NULL"}
        await self.copies("affiliate", "true", named | person)
        shown = {"id": affiliate, "audience": "n * 1000"}
        await self.copies("published_profile", "true", named | shown)
        await self.copies("track_record", "true", {"id": affiliate})
        own = {"account_id": _id("account")}
        store, offer = {"store_id": _id("store")}, {"offer_id": _id("offer")}
        brand, agreement = {"brand_id": _id("brand")}, {"agreement_id": _id("agreement")}
        of_store = f"store_id = {_LISTING.format('store_id')}"
        listed_store, listed_offer = (
            f"id = {_LISTING.format(f'{thing}_id')}" for thing in ("store", "offer")
        )
        await self.copies("account", "name = 'Fern'", own | named)
        await self.copies("reputation", "true", own)
        await self.copies("brand", "true", own | named)
        await self.copies("store", listed_store, own | brand)
        await self.copies("offer", listed_offer, own | store)
        await self.copies("offer_version", _LISTED, own | offer)
        await self.copies("agreement", _LISTED, own | offer)
        listing = own | store | offer | agreement | _earlier("listed_at")
        await self.copies("listing", _LISTED, listing)
        await self.copies("product", of_store, own | store)
        await self.copies("promoted_product", _LISTED, own | offer | {"id": _id("product")})

    async def stores(self) -> None:
        """Stores of Fern's, and all that hangs on the measured one but for its partners."""
        seller = {"id": _id("seller"), "merchant_id": "'OWN' || n", "name": "'Own seller ' || n"}
        await self.copies("seller_account", _FERN, seller)
        profile = {"id": _id("profile"), "amazon_profile_id": "'OWN' || n"}
        await self.copies("profile", f"{_FERN} AND name = 'Fern profile'", profile)
        brand = {"id": _id("own brand"), "name": "'Own brand ' || n"}
        await self.copies("brand", _FERN, brand)
        store = {"id": _id("own store"), "brand_id": _id("own brand"), "name": "'Store ' || n"}
        await self.copies("store", _MEASURED, store)
        abroad = {"id": _id("abroad"), "name": "'Abroad ' || n", "marketplace_id": "'ABROAD' || n"}
        await self.copies("store", _MEASURED, abroad, FEW)
        product = {"id": _id("own product"), "sku": "'OWN' || n", "asin": "'B0FPR' || n"}
        await self.copies("product", _OF_STORE, product | {"title": "'Crowd ' || n"})
        offer = {"id": _id("own offer"), "name": "'Own offer ' || n"}
        await self.copies("offer", _OF_STORE, offer, SOME)
        terms = {"id": _id("terms"), "offer_id": _id("own offer")}
        await self.copies("offer_version", _FERN, terms, SOME)
        sold_by = f"{_FERN} AND id = (SELECT offer_version_id FROM conversion WHERE {_SOLD})"
        version = {"id": _id("version")} | _earlier("valid_from", "1")
        await self.copies("offer_version", sold_by, version, 2 * FEW)
        agreement = {"id": _id("own agreement"), "version": "k.version + n"}
        await self.copies("agreement", _LISTED, agreement)
        affiliate = {"affiliate_id": _id("affiliate")}
        await self.copies("agreement_acceptance", _FERN, affiliate)
        await self.copies("listing_visit", _LISTED, affiliate)
        promoted = {"id": _id("own product"), "place": "k.place + n"}
        await self.copies("promoted_product", _LISTED, promoted, MANY - 10)

    async def partners(self) -> None:
        """Affiliates who promote the store, or would."""
        affiliate = {"affiliate_id": _id("affiliate")}
        token = {"campaign_token": "'CROWD' || n"} | _earlier("created_at")
        await self.copies("partnership", f"{_OF_STORE} AND status = 'ACTIVE'", affiliate | token)
        by_partner = {"id": _id("by partner"), "partnership_id": _id("partnership")}
        await self.copies("assignment", _FERN, by_partner)
        await self.copies("application", _FERN, affiliate)
        await self.copies("invitation", _FERN, affiliate)
        await self.copies("discovery_mark", _FERN, affiliate)
        fern = f"(SELECT account_id FROM account WHERE {_FERN})"
        for turn in ("sent", "decided"):
            event = {"account_id": fern, "id": _id(turn), "application_id": _id("application")}
            await self.copies("application_event", "true", event)

    async def partner(self) -> None:
        """The first partner: terms, subIDs, pages, links and clicks in plenty."""
        await self.copies("assignment", _OF_PARTNER, _earlier("valid_from", "1"), FEW)
        shown = {"visible_at": "CASE WHEN n < 60 THEN k.created_at END"}
        subid = {"subid": "'crowd ' || n", "token": "'cl-s-' || n"}
        await self.copies("ad_group", _OF_PARTNER, subid | shown)
        store = {"store_id": f"(SELECT id FROM store WHERE {_MEASURED})"}
        page = {"landing": "'B0FPR' || n", "token": "'cl-p-' || n"}
        await self.copies("creative", f"{_FERN} AND kind = 'DETAIL_PAGE'", store | page)
        tag = {"ad_group_id": _id("ad_group"), "creative_id": _id("creative")}
        await self.copies(
            "link", _OF_PARTNER, tag | {"code": "'crowd' || n"} | _earlier("created_at"), MANY - 30
        )
        await self.copies("click", _OF_PARTNER, _earlier("clicked_at"), SOME)
        each = {"id": _id("another"), "link_id": _id("link")}
        await self.copies("click", _OF_PARTNER, each, SOME)

    async def sales(self) -> None:
        """Days of the first partner, of one of which Amazon has said much, and the reports."""
        await self.copies("conversion", _SOLD, _earlier("day", "1"))
        await self.copies("decision", _OF_PARTNER, _earlier("day", "1"))
        of_others = {"partnership_id": _id("partnership"), "affiliate_id": _id("affiliate")}
        await self.copies("conversion", _SOLD, of_others | {"id": _id("of another")}, SOME)
        campaign = _REPORTED.format("CAMPAIGN")
        again = {"observed_at": "k.observed_at + n * interval '1 h'"}
        await self.copies("report_row", campaign, again, SOME)
        await self.copies("report_row", campaign, _earlier("day", "1"))
        for level, subject in (("ADGROUP", "ad_group"), ("CREATIVE", "link")):
            row = {"subject_id": _id(subject)}
            await self.copies("report_row", _REPORTED.format(level), row, 2 * SOME)
        product = {"subject_id": _id("ad_group"), "asin": "'B0FPR' || n"}
        await self.copies("report_row", _REPORTED.format("PRODUCTS"), product)
        days = _earlier("from_day", "2") | _earlier("to_day", "2")
        run = days | _earlier("started_at") | _earlier("observed_at")
        await self.copies("report_run", f"{_FERN} AND state = 'APPLIED'", run)
        await self.copies("quarantined_row", _FERN, {})
        await self.copies("catalog_run", _FERN, _earlier("started_at"))

    async def office(self) -> None:
        """People, keys, duties and the audit."""
        person = {"email": "'p' || n || '@crowd.example'", "operator_since": "NULL"}
        await self.copies("person", "true", person)
        await self.copies("membership", _FERN, {"person_id": _id("person")})
        await self.copies("member_invitation", _FERN, {"email": "n || '@asked.example'"})
        await self.copies("api_key", _FERN, {"key_hash": "sha256(n::text::bytea)"})
        await self.copies("duty", _FERN, {"subject": "'crowd ' || n"})
        await self.copies("audit_entry", _FERN, {"number": "k.number + n"})
        await self.copies("network_audit_entry", "true", {})

    async def told(self, of: str, whose: str) -> None:
        """Endpoints of somebody's, deliveries to one of them, attempts of one of these."""
        url = {"id": _id(f"hook {of}"), "url": "'https://hooks.example/' || n"}
        await self.copies("webhook_endpoint", whose, url)
        event = {"id": _id(f"told {of}"), "event_id": _id("event"), "sequence": "n"}
        await self.copies("webhook_delivery", whose, event | _earlier("occurred_at"))
        await self.copies("webhook_attempt", whose, {"id": _id(f"try {of}")} | _earlier("at"), SOME)
        ending = {"id": _id(f"key {of}"), "expires_at": "k.created_at + interval '99 years'"}
        await self.copies("webhook_secret", whose, ending, 2 * FEW)

    async def room_of(self, affiliate_id: str) -> None:
        """What one affiliate has to do with half of the accounts."""
        half, own = MANY // 2, {"account_id": _id("account"), "affiliate_id": affiliate_id}
        own |= {"store_id": _id("store"), "offer_id": _id("offer")}
        token = {"id": _id("own partnership"), "campaign_token": "'ROOM' || n"}
        await self.copies("partnership", _FERN, own | token, half)
        for table in ("application", "invitation"):
            await self.copies(table, _FERN, own | {"id": _id(f"own {table}")}, half)
