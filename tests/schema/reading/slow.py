"""The same schema, answered slowly and plainly by graphql-core over Python rows.

It shares nothing with the compiler but the SDL: a resolver for each field, a sort for each list.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date
from typing import Any
from uuid import UUID

from graphql import GraphQLResolveInfo, build_schema, graphql_sync

from tests.schema.reading.stock import Rows

DECIMALS = {"USD": 2, "JPY": 0, "KWD": 3}
PREFIXES = {"Library": "libr", "Branch": "bran", "Author": "auth", "Book": "book", "Loan": "loan"}
DEFAULT_ORDER = {"Book": "ADDED_AT_DESC", "Author": "NAME_ASC", "Branch": "NAME_ASC"} | {
    "Loan": "DAY_DESC"
}


class Slow:
    """What one library may see, by plain means."""

    def __init__(self, sdl: str, rows: Rows, library: UUID) -> None:
        self.schema, self.rows = build_schema(sdl), rows
        self.library = next(r for r in rows["library"] if r["id"] == library)
        own = {
            t: [r for r in rows[t] if r["library_id"] == library]
            for t in ("book", "loan", "branch")
        }
        self.books, self.loans, self.branches = own["book"], own["loan"], own["branch"]
        self.authors = {r["id"]: r for r in rows["author"]}
        self.known = {book["author_id"] for book in self.books}

    def answer(self, document: str, variables: dict[str, Any]) -> Any:
        result = graphql_sync(
            self.schema,
            document,
            variable_values=variables,
            field_resolver=self.resolve,
            type_resolver=lambda value, _info, _type: value["type"],
        )
        assert result.errors is None, result.errors
        return result.data

    def resolve(self, source: Any, info: GraphQLResolveInfo, **given: Any) -> Any:
        name = info.field_name
        own = getattr(self, f"{info.parent_type.name}_{name}", None)
        if own is not None:
            return own(source, **given)
        if name == "id":
            return f"{PREFIXES[info.parent_type.name]}_{source['id'].hex}"
        value = source[_snake(name)]
        return value.isoformat() if isinstance(value, date) else value

    # The roots.

    def Query_node(self, _: Any, id: str) -> Any:
        kinds = {
            "book": ("Book", self.books),
            "loan": ("Loan", self.loans),
            "bran": ("Branch", self.branches),
            "libr": ("Library", [self.library]),
            "auth": ("Author", [self.authors[a] for a in self.known]),
        }
        name, rows = kinds[id[:4]]
        return next(({**r, "type": name} for r in rows if r["id"].hex == id[5:]), None)

    def Query_nodes(self, _: Any, ids: list[str]) -> Any:
        return [self.Query_node(_, id) for id in ids]

    def Query_book(self, _: Any, id: str) -> Any:
        return self.Query_node(_, id)

    def Query_books(self, _: Any, **given: Any) -> Any:
        return self.page("Book", self.books, **given)

    def Query_authors(self, _: Any, **given: Any) -> Any:
        return self.page("Author", [self.authors[a] for a in self.known], **given)

    def Query_branches(self, _: Any, **given: Any) -> Any:
        return self.page("Branch", self.branches, **given)

    def Query_library(self, _: Any) -> Any:
        return self.library

    # The edges and the fields that are not simply a column.

    def Library_books(self, _: Any, **given: Any) -> Any:
        return self.page("Book", self.books, **given)

    def Library_authors(self, _: Any, **given: Any) -> Any:
        return self.Query_authors(_, **given)

    def Branch_books(self, branch: Any, **given: Any) -> Any:
        return self.page("Book", [b for b in self.books if b["branch_id"] == branch["id"]], **given)

    def Author_books(self, author: Any, **given: Any) -> Any:
        return self.page("Book", [b for b in self.books if b["author_id"] == author["id"]], **given)

    def Author_loudName(self, author: Any) -> Any:
        return "".join(c.upper() if c.isascii() else c for c in author["name"])

    def Author_mentor(self, author: Any) -> Any:
        return self.authors[author["mentor_id"]] if author["mentor_id"] in self.known else None

    def Loan_book(self, loan: Any) -> Any:
        return next(b for b in self.books if b["id"] == loan["book_id"])

    def Loan_fee(self, loan: Any) -> Any:
        return _money(loan["fee_minor"], loan["currency"])

    def Book_kind(self, book: Any) -> Any:
        return book["kind"].upper()

    def Book_price(self, book: Any) -> Any:
        return _money(book["price_minor"], book["currency"])

    def Book_rating(self, book: Any) -> Any:
        return book["rating"] if book["rating"] is None else str(book["rating"])

    def Book_copiesSold(self, book: Any) -> Any:
        return str(book["copies_sold"])

    def Book_addedAt(self, book: Any) -> Any:
        return book["added_at"].strftime("%Y-%m-%dT%H:%M:%SZ")

    def Book_facts(self, book: Any) -> Any:
        return book["facts"] and json.loads(book["facts"])

    def Book_author(self, book: Any) -> Any:
        return self.authors[book["author_id"]]

    def Book_branch(self, book: Any) -> Any:
        return next((b for b in self.branches if b["id"] == book["branch_id"]), None)

    def Book_latestLoan(self, book: Any) -> Any:
        loans = self.loans_of(book)
        latest = max((loan["day"] for loan in loans), default=None)
        return min((x for x in loans if x["day"] == latest), key=lambda x: x["id"], default=None)

    def Book_loans(self, book: Any, **given: Any) -> Any:
        return self.page("Loan", self.loans_of(book), **given)

    def Book_recentLoans(self, book: Any) -> Any:
        return sorted(self.loans_of(book), key=lambda x: (x["day"], x["id"]), reverse=True)

    def Book_measure(self, book: Any) -> Any:
        return book

    def Book_old(self, book: Any) -> Any:
        printed = book["printed_on"]
        return book if printed and printed < date(2020, 1, 1) else None

    def Measure_rating(self, book: Any) -> Any:
        return self.Book_rating(book)

    def Measure_long(self, book: Any) -> Any:
        return book["pages"] is not None and book["pages"] >= 300

    def Book_label(self, book: Any) -> Any:
        return f"{book['title']} ({book['pages'] or 'unknown'})"

    def loans_of(self, book: Any) -> list[Any]:
        return [loan for loan in self.loans if loan["book_id"] == book["id"]]

    # Lists.

    def marked(self, type_: str, cursor: str | None) -> Any:
        """The row that a cursor was made of, which need not be in the list at hand."""
        if cursor is None:
            return None
        ident = UUID(json.loads(urlsafe_b64decode(cursor))[-1])
        return next(r for r in self.rows[type_.lower()] if r["id"] == ident)

    def page(self, type_: str, rows: list[Any], **given: Any) -> Any:
        order = given.get("orderBy") or DEFAULT_ORDER[type_]
        unfiltered, wanted = rows, given.get("filter") or {}
        rows = in_order([r for r in unfiltered if _meets(r, wanted)], order)
        cursors = [cursor(type_, order, r) for r in rows]
        after, before = (self.marked(type_, given.get(name)) for name in ("after", "before"))
        start = 0 if after is None else len(_up_to(rows, after, order))
        end = len(rows) if before is None else len(_up_to(rows, before, order) - {before["id"]})
        if given.get("last"):
            start = max(start, end - given["last"])
        else:
            end = min(end, start + (given.get("first") or 50))
        edges = [{"node": r, "cursor": c} for r, c in zip(rows, cursors, strict=True)][start:end]
        return {
            "edges": edges,
            "nodes": rows[start:end],
            "total_count": len(rows),
            "empty_because": [] if rows else _without_each(unfiltered, wanted),
            "page_info": {
                "has_next_page": end < len(rows),
                "has_previous_page": start > 0,
                "start_cursor": edges[0]["cursor"] if edges else None,
                "end_cursor": edges[-1]["cursor"] if edges else None,
            },
            "totals": [
                {
                    "count": len(group := [r for r in rows if r["currency"] == currency]),
                    "price": _money(_sum(r["price_minor"] for r in group), currency),
                }
                for currency in sorted({r["currency"] for r in rows})
            ]
            if type_ == "Book"
            else None,
            "summary": type_ == "Book"
            and {
                "count": len(rows),
                "most_pages": max((r["pages"] for r in rows if r["pages"]), default=None),
            },
        }


COLUMN = {"PRICE": "price_minor"}


def in_order(rows: list[Any], order: str) -> list[Any]:
    """Sorted; a null is the largest value, and the id decides among equals."""
    column, _, way = order.rpartition("_")
    column = COLUMN.get(column, column.lower())

    def key(row: Any) -> Any:
        return (row[column] is None, "" if row[column] is None else row[column], row["id"])

    nulls = [r for r in rows if r[column] is None]
    rest = [r for r in rows if r[column] is not None]
    ordered = sorted(rest, key=key) + sorted(nulls, key=lambda r: r["id"])
    return ordered[::-1] if way == "DESC" else ordered


def _up_to(rows: list[Any], mark: Any, order: str) -> set[UUID]:
    """The ids of the rows that come before a row in this order, and its own if it is there."""
    ids = [r["id"] for r in in_order([r for r in rows if r["id"] != mark["id"]] + [mark], order)]
    return set(ids[: ids.index(mark["id"]) + 1]) & {r["id"] for r in rows}


def cursor(type_: str, order: str, row: Any) -> str:
    column, _, _ = order.rpartition("_")
    value = row[COLUMN.get(column, column.lower())]
    if column == "ADDED_AT":
        value = value.strftime("%Y-%m-%d %H:%M:%S+00")
    text = None if value is None else str(value)
    array = json.dumps(
        [f"{type_}:{order}", text, str(row["id"])], separators=(",", ":"), ensure_ascii=False
    )
    return urlsafe_b64encode(array.encode()).decode()


def _meets(row: Any, wanted: dict[str, Any]) -> bool:
    checks = {
        "kind": lambda v: row["kind"].upper() in v,
        "author": lambda v: row["author_id"].hex == v[5:],
        "fromPages": lambda v: row["pages"] is not None and row["pages"] >= v,
        "toPages": lambda v: row["pages"] is not None and row["pages"] <= v,
        "title": lambda v: v.lower() in row["title"].lower(),
        "unpriced": lambda v: (row["price_minor"] is None) == v,
    }
    return all(checks[name](value) for name, value in wanted.items() if value is not None)


def _without_each(rows: list[Any], wanted: dict[str, Any]) -> list[Any]:
    return [
        {"filter": name, "without": sum(_meets(r, {**wanted, name: None}) for r in rows)}
        for name, value in wanted.items()
        if value is not None
    ]


def _money(minor: int | None, currency: str) -> Any:
    if minor is None:
        return None
    decimals = DECIMALS[currency]
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    amount = digits if not decimals else f"{digits[:-decimals]}.{digits[-decimals:]}"
    return {"amount": ("-" if minor < 0 else "") + amount, "currency": currency}


def _sum(values: Any) -> int | None:
    known = [v for v in values if v is not None]
    return sum(known) if known else None


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
