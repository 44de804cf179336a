"""The rows of the small world, as Python sees them: two full libraries and an empty one."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

Rows = dict[str, list[dict[str, Any]]]


def make_rows(seed: int) -> Rows:
    """Ties, nulls, empty lists, awkward texts, and authors that only one library knows."""
    draw = random.Random(seed)

    def ident() -> UUID:
        return UUID(int=draw.getrandbits(128), version=4)

    def maybe(*values: object) -> Any:
        return draw.choice([None, *values])

    libraries = [{"id": ident(), "name": name} for name in ("Alder", "Birch", "Empty")]
    authors: list[dict[str, Any]] = []
    for number in range(9):
        mentor = draw.choice([None, *authors])
        authors.append(
            {
                "id": ident(),
                "name": draw.choice(['Ann "A"', "Ben\\", "Cy\nC", "Dü", "Ann"]),
                "born": maybe(date(1950, 1, 1), date(1960, 2, 2) + timedelta(days=number)),
                "mentor_id": mentor and mentor["id"],
            }
        )
    rows: Rows = {"library": libraries, "author": authors, "branch": [], "book": [], "loan": []}
    for index, library in enumerate(libraries[:2]):
        branches = [
            {"library_id": library["id"], "id": ident(), "name": name} for name in ("East", "West")
        ]
        rows["branch"] += branches
        for number in range(23):
            book = _book(draw, ident, library, authors[index * 2 : 7 + index * 2], branches, number)
            rows["book"].append(book)
            rows["loan"] += [
                {
                    "library_id": library["id"],
                    "id": ident(),
                    "book_id": book["id"],
                    "day": date(2026, 1, draw.randint(1, 5)),
                    "borrower": maybe("Eve", "Fay"),
                    "fee_minor": draw.choice([0, 5, -120, 2**40]),
                    "currency": draw.choice(["USD", "JPY", "KWD"]),
                }
                for _ in range(draw.choice([0, 0, 1, 4]))
            ]
    return rows


def _book(
    draw: random.Random, ident: Any, library: Any, authors: Any, branches: Any, number: int
) -> dict[str, Any]:
    branch = draw.choice([None, *branches])
    return {
        "library_id": library["id"],
        "id": ident(),
        "author_id": draw.choice(authors)["id"],
        "branch_id": branch and branch["id"],
        "title": draw.choice(["Sea", "sea 100%", "Un_der", 'Q"uote', "Back\\slash", "Tab\there"]),
        "kind": draw.choice(["novel", "essay", "poems"]),
        "price_minor": draw.choice([None, 0, 1, 1230, -5, 2**53 + 1]),
        "currency": draw.choice(["USD", "JPY", "KWD"]),
        "pages": draw.choice([None, 90, 300, 300, 1200]),
        "rating": draw.choice([None, Decimal("7.50"), Decimal("0.00")]),
        "copies_sold": draw.choice([0, 2**40, 7]),
        "tags": draw.choice([[], ["old"], ['a "b"', "", "ü"]]),
        "lent_out": draw.random() < 0.5,
        "added_at": datetime(2026, 1, 1, 12, 0, number // 3, tzinfo=UTC),
        "printed_on": draw.choice([None, date(2019, 12, 31), date(2020, 1, 1)]),
        "facts": draw.choice([None, '{"a": [1, null]}', '"text"']),
    }


async def fill(connection: asyncpg.Connection, rows: Rows) -> None:
    for table, records in rows.items():
        names = list(records[0])
        await connection.copy_records_to_table(
            table, columns=names, records=[[record[name] for name in names] for record in records]
        )
