"""A network to search in: affiliates with profiles, accounts with a listing each. Always the same.

Words are drawn as in real texts: some are everywhere, most are rare.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from uuid import UUID

import asyncpg
import orjson

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def _words(text: str) -> list[str]:
    return text.split()


_WORDS = {
    "KITCHEN": _words(
        "kitchen cookware knives recipes baking coffee espresso blender pantry dinner"
    ),
    "BEAUTY": _words(
        "skincare makeup serum routine lipstick moisturizer sunscreen haircare glow nails"
    ),
    "FITNESS": _words(
        "workout protein gym running yoga strength marathon stretching supplements pilates"
    ),
    "PARENTING": _words(
        "toddler stroller nursery newborn diaper bedtime playground montessori lunchbox kids"
    ),
    "PETS": _words("dogs cats puppy kitten leash grooming treats aquarium rescue training"),
    "ELECTRONICS": _words(
        "gadgets laptop headphones keyboard monitor smartphone charger desk camera reviews"
    ),
    "GAMES": _words(
        "console controller streaming esports speedrun headset indie retro multiplayer mods"
    ),
    "CLOTHING": _words(
        "outfit dresses sneakers thrift capsule wardrobe denim jewelry handbags style"
    ),
    "OUTDOORS": _words(
        "hiking camping backpack tent trail fishing kayak bushcraft climbing wilderness"
    ),
    "GARDEN": _words(
        "seeds compost raised beds tomatoes pruning greenhouse mulch succulents harvest"
    ),
    "BOOKS": _words(
        "novels thriller fantasy memoir bookshelf library romance annotations shelves reading"
    ),
    "LUGGAGE_AND_TRAVEL": _words(
        "carry-on itinerary flights hostel luggage passport roadtrip beaches hotels backpacking"
    ),
    "TOOLS": _words(
        "woodworking drill sawdust renovation paint tiles workbench plywood shelving repairs"
    ),
    "GIFTS": _words(
        "budget saving coupons frugal investing cashback deals sidehustle debt bargains"
    ),
    "FOOD_AND_DRINK": _words(
        "plantbased tofu lentils smoothie oats nutrition dairyfree glutenfree mealprep vitamins"
    ),
    "ART_AND_CRAFTS": _words(
        "watercolor sketchbook markers acrylic calligraphy stickers pottery crochet canvas knitting"
    ),
}
_NAMES = list(_WORDS)
COUNTRIES = ("US", "CA", "GB", "DE", "AU", "FR", "MX", "IN")
CHANNELS = ("INSTAGRAM", "YOUTUBE", "TIKTOK", "BLOG", "NEWSLETTER", "PODCAST", "PINTEREST")
_FIRST = _words(
    "Anna Ben Carla David Elena Felix Grace Hugo Ines Jonas Katya Liam Maria Noah Olivia Pablo "
    "Quinn Rosa Samuel Tessa Umar Vera William Ximena Yusuf Zoe Abigail Brandon Chloe Dominic "
    "Esther Francesca Gabriel Hannah Isaac Josephine Kevin Lucia Mohammed Natalie Oscar Priya "
    "Rafael Sofia"
)
_LAST = _words(
    "Miller Garcia Chen Patel Novak Schmidt Rossi Kowalski Johnson Nguyen Andersen Okafor Tanaka "
    "Silva Murphy Dubois Haddad Ivanova Larsen Moreau Petrov Ramirez Sato Thompson Urban Vargas "
    "Weber Yilmaz Zimmermann Baker Castillo Douglas Eriksson Fischer Goldberg Hernandez"
)
_SENTENCES = (
    "I share honest reviews about {a} and {b}.",
    "My audience loves {a}, {b} and everything around {c}.",
    "Every week a new video on {a} with {b}.",
    "Mother of two, writing about {a} since years.",
    "We test {a} so that you need not buy {b} twice.",
    "Best known for the {rare} guide to {a}.",
    "Formerly at {rare}, now full time with {b} and {c}.",
    "Long form articles on {a}; short clips on {c}.",
    "Ask me about {rare}, {a} or {b}.",
    "Only products that I use myself: {a}, {b}, {c}.",
)
_PITCHES = (
    "{rare} makes {a} and {b} for people who care.",
    "A family business from Oregon with {a} at fair prices.",
    "Our bestsellers are {a}, {b} and {c}.",
    "Affiliates earn on {a} and on everything else we sell.",
    "Free samples of our {a} for active partners.",
    "The {rare} collection brings new {b} every season.",
)
_SYLLABLES = _words(
    "ba ce di fo gu ha je ki lo mu na pe qui ro sta te va wi xo zu bri cla dre fla gri"
)


Row = dict[str, object]


def rare_word(chance: random.Random) -> str:
    """A name that few others have."""
    return "".join(chance.choices(_SYLLABLES, k=3)).capitalize()


async def make(owner: asyncpg.Connection, *, affiliates: int, accounts: int) -> None:
    """Profiles of so many affiliates and listings of so many accounts. As superuser."""
    chance = random.Random(38)
    await owner.execute("SET session_replication_role = replica")  # the rows refer to each other
    profiles = [_profile(chance) for _ in range(affiliates)]
    await _copy(
        owner,
        "affiliate",
        [
            {"id": row["id"], "name": row["name"], "email": f"{row['id']}@example.com"}
            for row in profiles
        ],
    )
    await _copy(owner, "published_profile", profiles)
    await _copy(owner, "track_record", [_track_record(chance, row["id"]) for row in profiles])
    tables: dict[str, list[Row]] = {}
    for number in range(accounts):
        for table, row in _account(chance, number):
            tables.setdefault(table, []).append(row)
    for table, rows in tables.items():
        await _copy(owner, table, rows)
    first = tables["account"][0]["account_id"]
    marks = [
        {"account_id": first, "affiliate_id": row["id"], "mark": mark, "marked_at": NOW}
        for row, mark in zip(profiles[::97], cycle(("IGNORED", "STARRED")), strict=False)
    ]
    await _copy(owner, "discovery_mark", marks)
    for table in ("published_profile", "listing"):
        await owner.execute(
            "INSERT INTO search_word (word) SELECT DISTINCT unnest(tsvector_to_array(search))"
            f" FROM {table} ON CONFLICT DO NOTHING"
        )
    await owner.execute("RESET session_replication_role")
    await owner.execute("VACUUM ANALYZE")


def _profile(chance: random.Random) -> Row:
    niches = _some(chance, _NAMES, 3)
    kinds = _some(chance, CHANNELS, 4)
    audiences = [int(chance.paretovariate(0.8) * 500) for _ in kinds]
    name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    if chance.random() < 0.3:
        name = f"{rare_word(chance)} {chance.choice(_words_of(niches))}".title()
    handle = name.replace(" ", "").lower()
    channels = [
        {"kind": kind, "url": f"https://{kind.lower()}.example/{handle}", "audience": audience}
        for kind, audience in zip(kinds, audiences, strict=True)
    ]
    return {
        "id": _id(chance),
        "name": name,
        "bio": _text(chance, niches, _SENTENCES, chance.randint(2, 7)),
        "channels": orjson.dumps(channels).decode(),
        "channel_kinds": kinds,
        "audience": sum(audiences),
        "niches": niches,
        "countries": _some(chance, COUNTRIES, 2),
        "amazon_capable": chance.random() < 0.7,
        "verified": chance.random() < 0.6,
        "published_at": _moment(chance),
    }


def _track_record(chance: random.Random, affiliate_id: object) -> Row:
    orders = int(chance.paretovariate(1))
    return {
        "id": affiliate_id,
        "clicks": orders * 30,
        "orders": orders,
        "returned_units": orders // 20,
        "units": orders * 2,
        "partnerships": chance.randint(1, 9),
        "visible_partnerships": 1,
        "measured_at": NOW,
    }


def _account(chance: random.Random, number: int) -> Iterator[tuple[str, Row]]:
    """The rows of an account with one store, one offer and its listing."""
    account_id, brand_id, store_id, offer_id = (_id(chance) for _ in range(4))
    own = {"account_id": account_id}
    categories = _some(chance, _NAMES, 2)
    brand = f"{rare_word(chance)} {chance.choice(_words_of(categories))}".title()
    shop = chance.random() < 0.3
    rate_bp = chance.choices(range(500, 3_001, 250), weights=range(11, 0, -1))[0]
    listed_at = _moment(chance)
    names = {"brand_name": brand, "store_name": f"{brand} US", "offer_name": "Affiliates 2026"}
    pitch = _text(chance, categories, _PITCHES, chance.randint(2, 5))
    yield "account", own | {"name": f"{brand} Inc."}
    yield "brand", own | {"id": brand_id, "name": brand}
    store = own | {
        "id": store_id,
        "brand_id": brand_id,
        "channel": "DTC" if shop else "AMAZON",
        "name": names["store_name"],
        "profile_id": None if shop else _id(chance),
        "marketplace_id": None if shop else "ATVPDKIKX0DER",
        "url": f"https://{number}.example" if shop else None,
        "currency": "USD",
        "time_zone": "America/Los_Angeles",
        "connected_at": NOW,
    }
    yield "store", store
    offer = {"id": offer_id, "store_id": store_id, "name": names["offer_name"], "created_at": NOW}
    yield "offer", own | offer
    version = {"offer_id": offer_id, "valid_from": date(2026, 1, 1), "created_at": NOW}
    yield "offer_version", own | version | {"rate_bp": rate_bp, "cookie_days": 14}
    listing = own | names | {key: store[key] for key in ("channel", "marketplace_id", "currency")}
    yield (
        "listing",
        listing
        | {
            "id": _id(chance),
            "offer_id": offer_id,
            "store_id": store_id,
            "rate_bp": rate_bp,
            "cookie_days": 14,
            "description": pitch,
            "categories": categories,
            "listed_at": listed_at,
            "changed_at": listed_at,
        },
    )
    settled = int(chance.paretovariate(0.7))
    counts = {"settled": settled, "approved": settled * 9 // 10, "denied": settled // 10}
    yield "reputation", own | counts | {"adjusted": 0, "days_to_decide": 3, "measured_at": NOW}


def _text(chance: random.Random, topics: list[str], sentences: Sequence[str], count: int) -> str:
    words, parts = _words_of(topics), []
    for sentence in chance.sample(sentences, count):
        a, b, c = chance.sample(words, 3)
        parts.append(sentence.format(a=a, b=b, c=c, rare=rare_word(chance)))
    return " ".join(parts)


def _words_of(topics: list[str]) -> list[str]:
    return [word for topic in topics for word in _WORDS[topic]]


def _some(chance: random.Random, kinds: Sequence[str], most: int) -> list[str]:
    """One or several, each once. The first of all is the most common, the last the rarest."""
    weights = [1 / place for place in range(1, len(kinds) + 1)]
    drawn = chance.choices(kinds, weights, k=chance.randint(1, most))
    return list(dict.fromkeys(drawn))


def _moment(chance: random.Random) -> datetime:
    return NOW - timedelta(seconds=chance.randrange(86_400 * 700))


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128))


async def _copy(owner: asyncpg.Connection, table: str, rows: Sequence[Row]) -> None:
    """All rows at once; indexes that only a search needs are made anew after it, in bulk."""
    indexes = await owner.fetch(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename = $1 AND indexdef LIKE '% gin %'",
        table,
    )
    for name, _ in indexes:
        await owner.execute(f"DROP INDEX {name}")
    columns = list(rows[0])
    await owner.copy_records_to_table(
        table, columns=columns, records=[tuple(row.values()) for row in rows]
    )
    for _, definition in indexes:
        await owner.execute(definition)
