"""An account with many stores, each with the same affiliates, made quickly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from domain.links.tags import campaign_token

STORES, AFFILIATES, DAYS = 200, 100, 50
RATE_BP = 1_250
TODAY = datetime.now(UTC).date()
FIRST_DAY = TODAY - timedelta(days=DAYS - 1)


@dataclass(frozen=True, slots=True)
class Store:
    profile_id: UUID
    store_id: UUID
    tokens: list[str]


async def make(owner: asyncpg.Connection) -> tuple[UUID, list[Store]]:
    """One profile a store, one offer a store, every affiliate in every store."""
    account_id, seller_id = uuid4(), uuid4()
    now = datetime.now(UTC)
    affiliates = [uuid4() for _ in range(AFFILIATES)]
    rows: dict[str, list[dict[str, object]]] = {
        "account": [{"account_id": account_id, "name": "Bench"}],
        "affiliate": [{"id": id, "name": "A", "email": f"{id}@example.com"} for id in affiliates],
        "seller_account": [{"account_id": account_id, "id": seller_id, "name": "S"}],
    }
    for table in ("profile", "brand", "store", "offer", "offer_version", "partnership"):
        rows[table] = []
    rows["assignment"] = []
    stores = []
    for number in range(STORES):
        store = Store(uuid4(), uuid4(), [])
        brand_id, offer_id = uuid4(), uuid4()
        common = {"account_id": account_id}
        rows["profile"].append(
            common
            | {
                "id": store.profile_id,
                "seller_account_id": seller_id,
                "amazon_profile_id": str(number),
                "region": "NA",
                "merchant_id": "A1",
                "name": "P",
                "kind": "SELLER",
                "marketplace_id": "ATVPDKIKX0DER",
                "country": "US",
                "currency": "USD",
                "time_zone": "America/Los_Angeles",
                "discovered_at": now,
            }
        )
        rows["brand"].append(common | {"id": brand_id, "name": f"Brand {number}"})
        rows["store"].append(
            common
            | {
                "id": store.store_id,
                "brand_id": brand_id,
                "channel": "AMAZON",
                "name": "S",
                "profile_id": store.profile_id,
                "marketplace_id": "ATVPDKIKX0DER",
                "currency": "USD",
                "time_zone": "America/Los_Angeles",
                "connected_at": now,
            }
        )
        rows["offer"].append(
            common | {"id": offer_id, "store_id": store.store_id, "name": "O", "created_at": now}
        )
        rows["offer_version"].append(
            common
            | {
                "offer_id": offer_id,
                "valid_from": FIRST_DAY,
                "rate_bp": RATE_BP,
                "cookie_days": 14,
                "created_at": now,
            }
        )
        for affiliate_id in affiliates:
            partnership_id = uuid4()
            token = campaign_token(store.store_id, affiliate_id)
            store.tokens.append(token)
            rows["partnership"].append(
                common
                | {
                    "id": partnership_id,
                    "store_id": store.store_id,
                    "affiliate_id": affiliate_id,
                    "offer_id": offer_id,
                    "campaign_token": token,
                    "created_at": now,
                }
            )
            rows["assignment"].append(
                common
                | {
                    "partnership_id": partnership_id,
                    "offer_id": offer_id,
                    "valid_from": FIRST_DAY,
                }
            )
        stores.append(store)
    for table, values in rows.items():
        await owner.copy_records_to_table(
            table, columns=list(values[0]), records=[tuple(row.values()) for row in values]
        )
    await owner.execute("VACUUM ANALYZE")
    return account_id, stores


def day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)
