"""What questions cost, as one counts by hand. The sums read as the documents do."""

from __future__ import annotations

from typing import Any

import pytest

from schema.documents import Documents
from schema.reading import WHOLE
from schema.reading.cost import INTROSPECTION, MUTATION
from schema.root import schema

DOCUMENTS = Documents(schema._schema, schema.reading.model, None)


def cost(text: str, **variables: Any) -> int:
    return DOCUMENTS.cost(DOCUMENTS.read(text), variables)


PAGES = {
    "the default size": ("{ conversions { nodes { id } } }", 1 + 50),
    "a size from the end": ("{ conversions(last: 7) { nodes { id } } }", 1 + 7),
    "three edges": (
        "{ conversions(first: 50) { nodes { store { id } affiliate { id } offer { id } } } }",
        1 + 50 * (1 + 3),
    ),
    "an edge of an edge": (
        "{ conversions(first: 50) { nodes { store { brand { id } } } } }",
        1 + 50 * (1 + (1 + 1)),
    ),
    "a page in a page": (
        "{ stores(first: 5) { nodes { partnerships(first: 10) { nodes { offer { id } } } } } }",
        1 + 5 * (1 + (1 + 10 * (1 + 1))),
    ),
    "nodes and edges, which are the same rows": (
        "{ stores(first: 10) { nodes { brand { id } } edges { cursor node { profile { id } } } } }",
        1 + 10 * (1 + 1 + 1),
    ),
    "only whether there are more": (
        "{ conversions(first: 10) { pageInfo { hasNextPage } } }",
        1 + 10,
    ),
    "only how many": ("{ conversions(first: 10) { totalCount } }", 1 + WHOLE),
    "sums": (
        "{ conversions(first: 10) { totals { currency count } nodes { id } } }",
        1 + 10 + WHOLE,
    ),
    "a filter": (
        '{ conversions(first: 10, filter: {fromDay: "2026-01-01"}) { nodes { id } } }',
        1 + WHOLE + 10,
    ),
    "a filter that says nothing": ("{ stores(filter: {}) { nodes { id } } }", 1 + 50),
    "why there is nothing, by each of two filters": (
        "{ conversions(first: 10, filter: {status: [SETTLED], adjusted: true}) {"
        " nodes { id } emptyBecause { without } } }",
        1 + WHOLE + 10 + 2 * WHOLE,
    ),
    "the usual order, from the other end": (
        "{ conversions(orderBy: DAY_ASC) { nodes { id } } }",
        1 + 50,
    ),
    "another order": (
        "{ conversions(orderBy: COMMISSION_DESC) { nodes { id } } }",
        1 + WHOLE + 50,
    ),
    "a filter in the usual order": (
        "{ conversions(orderBy: DAY_DESC, filter: {adjusted: true}) { nodes { id } } }",
        1 + WHOLE + 50,
    ),
    "a size that will be refused": ("{ conversions(first: 999) { nodes { id } } }", 1 + 200),
    "no size that there is": ("{ conversions(first: -1) { nodes { id } } }", 1 + 50),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_its_rows_and_what_is_asked_of_each(name: str) -> None:
    document, points = PAGES[name]

    assert cost(document) == points


ROWS = {
    "what lies in the row": (
        '{ conversion(id: "x") { day sales { amount } reported { orders sales { amount } } } }',
        1,
    ),
    "a list of at most fifty": ('{ offer(id: "x") { versions { startsOn } } }', 1 + 50),
    "a list whose rows have an edge": (
        '{ partnership(id: "x") { assignments { offer { id } } } }',
        1 + 50 * (1 + 1),
    ),
    "a field that counts other rows": (
        "{ stores(first: 5) { nodes { status } } }",
        1 + 5 * (1 + 3),
    ),
    "an edge that looks for its row": (
        '{ conversion(id: "x") { freshness { asOf } } }',
        1 + (1 + WHOLE),
    ),
    "anything, by its id: what is dearest": (
        '{ node(id: "x") { id ... on Conversion { store { id } offer { id } }'
        " ... on Store { offers(first: 3) { nodes { id } } } } }",
        1 + max(1 + 1, 1 + 3),
    ),
    "what answers without the database": ("{ viewer { seats { id } now } __typename }", 1 + 1),
    "the schema itself": ("{ __schema { types { name } } }", INTROSPECTION),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_costs_one_and_what_it_leads_to(name: str) -> None:
    document, points = ROWS[name]

    assert cost(document) == points


PAGE = "query ($n: Int%s) { stores(first: $n) { nodes { id } } }"


@pytest.mark.parametrize(
    ("document", "variables", "points"),
    [
        (PAGE % "", {"n": 7}, 1 + 7),
        (PAGE % "", {"n": 7.0}, 1 + 7),
        (PAGE % "", {"n": None}, 1 + 50),
        (PAGE % "", {}, 1 + 50),
        (PAGE % " = 3", {}, 1 + 3),
        (PAGE % " = 3", {"n": 4}, 1 + 4),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a", "b", "c"]}, 3),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": "a"}, 1),
        ("query ($id: ID!) { nodes(ids: [$id, $id]) { id } }", {"id": "a"}, 2),
        (
            "query ($f: StoreFilter) {"
            " stores(filter: $f) { nodes { id } emptyBecause { without } } }",
            {"f": {"name": "x", "channel": ["AMAZON"]}},
            1 + WHOLE + 50 + 2 * WHOLE,
        ),
        ("query ($f: StoreFilter) { stores(filter: $f) { nodes { id } } }", {}, 1 + 50),
        (
            "query ($o: StoreOrder) { stores(orderBy: $o) { nodes { id } } }",
            {"o": "CONNECTED_AT_ASC"},
            1 + WHOLE + 50,
        ),
    ],
)
def test_variables_cost_what_they_say(
    document: str, variables: dict[str, Any], points: int
) -> None:
    assert cost(document, **variables) == points


SWITCHED = """query ($on: Boolean! = true) {
  store(id: "x") @include(if: $on) { brand { id } profile @skip(if: $on) { id } }
  ...Offers @skip(if: $on) }
fragment Offers on Query { offers(first: 5) { nodes { id } } }"""


def test_what_is_switched_off_costs_nothing() -> None:
    assert cost(SWITCHED) == 1 + 1
    assert cost(SWITCHED, on=False) == 1 + WHOLE + 5
    assert cost('{ store(id: "x") { brand @skip(if: true) { id } } }') == 1


def test_the_same_under_two_names_or_in_a_fragment_costs_as_often() -> None:
    fragment = "fragment Rows on StoreConnection { nodes { brand { id } ... on Store { id } } }"
    twice = "{ a: stores(first: 5) { ...Rows } b: stores(first: 3) { ... { ...Rows } } }"

    assert cost(f"{twice} {fragment}") == (1 + 5 * (1 + 1)) + (1 + 3 * (1 + 1))


BULK = """mutation ($ids: [ID!]!) { endPartnerships(ids: $ids, reason: "x") {
  ... on PartnershipOutcomes {
    outcomes { id partnership { store { id } } refusal { message } } } } }"""
PUT = """mutation ($input: PutShopProductsInput!) { putShopProducts(input: $input) {
  ... on ShopProductOutcomes { outcomes { sku product { store { id } } } } } }"""


def test_a_change_costs_ten_and_the_dearest_of_its_answers() -> None:
    document = """mutation { archiveOffer(id: "x") { __typename
      ... on Offer { name store { brand { id } } } ... on Refusal { message } } }"""

    assert cost(document) == MUTATION + (1 + 1)


def test_a_change_of_many_costs_each() -> None:
    each = 1 + (1 + 1) + 1  # the outcome, its partnership and the store of it, the refusal
    assert cost(BULK, ids=["a", "b", "c"]) == MUTATION + 3 * each
    assert cost(BULK, ids=["a"]) == MUTATION + each

    products = [{"sku": str(n), "title": "A kettle", "url": "x"} for n in range(5)]
    assert cost(PUT, input={"storeId": "x", "products": products}) == MUTATION + 5 * (1 + (1 + 1))
