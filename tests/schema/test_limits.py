"""Each limit, at it and one above, whatever way a document takes there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, Final, NamedTuple

import orjson
import pytest
from graphql import get_introspection_query

from schema.limits import LIMITS
from tests.schema import worst
from tests.schema.conftest import Client
from tests.schema.spending import MOST_BYTES, MOST_MS, cpu_ms, peak_bytes, read

Body = Callable[[int], str]
Made = tuple[str, dict[str, Any]]


class Way(NamedTuple):
    """How a document comes to have so many of something."""

    limit: str
    name: str
    make: Callable[[int], Made]
    """The document, and the values of its variables."""
    fits: bool = True
    """Whether at the limit there is nothing else wrong with it."""


ALLOWED: Final = {
    "characters": 15_000, "tokens": 1_000, "operations": 1, "fragments": 20, "rootFields": 10,
    "depth": 10, "nesting": 200, "selections": 1_000, "aliases": 15, "repeats": 15,
    "directives": 20, "directivesInPlace": 3, "listItems": 100, "digits": 100, "cost": 1_000,
}  # fmt: skip


def many(times: int, item: str) -> str:
    return " ".join(item.replace("#", str(number)) for number in range(times))


def plain(limit: str, name: str, text: Body, *, fits: bool = True) -> Way:
    return Way(limit, name, lambda n: (text(n), {}), fits)


def everywhere(limit: str, on: str, place: str, body: Body, *, fits: bool = True) -> list[Way]:
    """The body at this place, where the type is `on`, and in fragments there."""
    fragment = f" fragment F on {on} {{ %s }}"
    shapes = {
        "plainly": ("%s", ""),
        "in a fragment": ("...F", fragment),
        "in a fragment of a fragment": ("...E", f" fragment E on {on} {{ ...F }}{fragment}"),
        "in a fragment without a name": ("... { %s }", ""),
        "in a fragment on the type": (f"... on {on} {{ ...G }}", fragment.replace("F", "G")),
    }  # fmt: skip

    def text(inner: str, rest: str) -> Body:
        return lambda n: (place.replace("%s", inner) + rest).replace("%s", body(n))

    return [plain(limit, name, text(*shape), fits=fits) for name, shape in shapes.items()]


def values(limit: str, text: str, value: Callable[[int], Any]) -> Way:
    return Way(limit, f"by a variable of {text[9:40]}", lambda n: (text, {"v": value(n)}))


STORE: Final = "{ stores(first: 1) { nodes { %s } } }"


def levels(n: int) -> str:
    path = ["stores(first: 1)", "nodes", *["offers(first: 1)", "nodes", "store"] * 4][: n - 1]
    return " { ".join([*path, "__typename"]) + " }" * len(path)


def lists(n: int) -> str:
    """Ten fields of 22 tokens and what is in their lists, and two brackets."""
    sizes = [(n - 222) // 10 + (number < (n - 222) % 10) for number in range(10)]
    return "{" + " ".join(
        f"a{number}: stores(first: 1, filter: {{status: [{many(size, 'CONNECTED')}]}})"
        " { pageInfo { hasNextPage } }"
        for number, size in enumerate(sizes)
    ) + "}"  # fmt: skip


def expanded(n: int) -> str:
    """Nine times a field, one below it, and a fragment of ten nine times; and the rest."""
    full, rest = many(9, "a#: stores(first: 1) { nodes { " + "...F " * 9 + "} }"), n - 911
    below = "...F " * (rest // 11) + " ".join(["id", "name", "url"][: rest % 11])
    fields = "id name url status channel platform currency timeZone storefrontUrl connectedAt"
    return (
        f"{{ {full} stores(first: 1) {{ nodes {{ {below} }} }} }}"
        f" fragment F on Store {{ {fields} }}"
    )


def rows(n: int) -> str:
    """A point for each page, and for each of its rows."""
    four = many(4, "a#: stores(first: 199) { nodes { id } }")
    return f"{four} stores(first: {n - 801}) {{ nodes {{ id }} }}"


def deep(n: int) -> Any:
    return [] if n == 1 else [deep(n - 1)]


FIVE: Final = "stores(first: 199) { nodes { id } }"
WAYS: Final = [
    plain("characters", "in blanks", lambda n: "{ viewer { now } }".ljust(n)),
    plain("characters", "in a comment", lambda n: "{ viewer { now } } #".ljust(n, "x")),
    plain("characters", "in a text", lambda n: '{node(id:"' + "x" * (n - 18) + '") {id}}'),
    plain("characters", "of four bytes", lambda n: '{node(id:"' + "💰" * (n - 18) + '") {id}}'),
    plain("tokens", "in lists", lists),
    plain("operations", "queries", lambda n: many(n, "query Q# { viewer { now } }")),
    plain("fragments", "side by side", lambda n: STORE.replace("%s", many(n, "...F#")) + " ".join(
        f"fragment F{i} on Store {{ {['id', 'name'][i % 2]} }}" for i in range(n))),
    plain("fragments", "one in the other", lambda n: "{ ...F1 }" + " ".join(
        f"fragment F{i} on Query {{ {'viewer { now }' if i == n else f'...F{i + 1}'} }}"
        for i in range(1, n + 1))),
    *everywhere("rootFields", "Query", "{ %s }", lambda n: many(n, "a#: viewer { now }")),
    plain("rootFields", "in one fragment twice", lambda n: "{ ...F ...F " + "__typename " * (n - 10)
          + "} fragment F on Query { " + many(5, "a#: viewer { now }") + " }"),
    *everywhere("depth", "Query", "{ %s }", levels),
    plain("depth", "fragment by fragment", lambda n: STORE.replace("%s", "...A id")
          + "fragment A on Store { offers(first: 1) { nodes { store { ...B name } } } }"
          + "fragment B on Store { offers(first: 1) { nodes { store { ...C id } } } }"
          + "fragment C on Store { "
          + ("brand { id }" if n == 10 else "offers(first: 1) { nodes { id } }") + " }"),
    plain("nesting", "of selections", lambda n: "{ " + "... { " * (n - 2) + "viewer { now }"
          + " }" * (n - 1)),
    plain("nesting", "of lists", lambda n: "{ a(b: " + "[" * (n - 1) + "]" * (n - 1) + ") }",
          fits=False),
    plain("nesting", "of objects", lambda n: "{ a(b: " + "{a: " * (n - 1) + "1" + "}" * (n - 1)
          + ") }", fits=False),
    plain("nesting", "behind what looks like a text", lambda n: '{ a(b: """\\""" """, c: '
          + "[" * (n - 1) + "]" * (n - 1) + ') } # """', fits=False),
    plain("nesting", "behind a comment that ends in a carriage return", lambda n: "{ a(b: #\r"
          + "[" * (n - 1) + "]" * (n - 1) + ") }", fits=False),
    values("nesting", "query ($v: [ID!]!) { nodes(ids: $v) { id } }", deep),
    values("nesting", "query ($v: StoreFilter) { stores(filter: $v) { totalCount } }",
           lambda n: {"status": deep(n - 1)}),
    plain("selections", "in one fragment, often", expanded),
    *everywhere("aliases", "Store", STORE, lambda n: many(n, "a#: id")),
    plain("aliases", "in one fragment three times", lambda n: STORE.replace(
        "%s", "...F ...F ...F " + "x: id " * (n - 15))
        + "fragment F on Store { " + many(5, "a#: id") + " }"),
    *everywhere("repeats", "Store", STORE, lambda n: "id " * n),
    plain("repeats", "in pieces of one field", lambda n: "{ stores(first: 1) { "
          + "nodes { id id id } " * 5 + "nodes { name " + "id " * (n - 15) + "} } }"),
    plain("repeats", "in one fragment, often", lambda n: STORE.replace(
        "%s", "...G " * 5 + "id " * (n - 15))
        + "fragment G on Store { ...F ...F ...F } fragment F on Store { id }"),
    *everywhere("directives", "Store", STORE, lambda n: "id @skip(if: false) " * 10
                + "name @include(if: true) " * (n - 10)),
    plain("directives", "in one fragment four times", lambda n: STORE.replace(
        "%s", "...F " * 4 + "... @skip(if: false) { id } " * (n - 20))
        + "fragment F on Store { " + "id @skip(if: false) name @include(if: true) "
        + "url @skip(if: false) ... @skip(if: false) { channel } status @skip(if: false) }"),
    *everywhere("directivesInPlace", "Query", "{ %s }",
                lambda n: "viewer " + "@skip(if: true) " * n + "{ now }", fits=False),
    plain("directivesInPlace", "on the operation", lambda n: "query " + "@a " * n
          + "{ __typename }", fits=False),
    plain("directivesInPlace", "on a variable", lambda n: "query ($v: Int " + "@a " * n
          + ") { __typename }", fits=False),
    plain("directivesInPlace", "on a fragment", lambda n: "{ ...F } fragment F on Query "
          + "@a " * n + "{ __typename }", fits=False),
    *everywhere("listItems", "Query", "{ %s }", lambda n: f"nodes(ids: [{many(n, '1')}]) {{ id }}"),
    *everywhere("listItems", "Query", "{ %s }", lambda n: "stores(first: 1, filter: {status: ["
                + many(n, "CONNECTED") + "]}) { pageInfo { hasNextPage } }"),
    plain("listItems", "by a variable's default", lambda n: "query ($v: [ID!]! = ["
          + many(n, '"x"') + "]) { nodes(ids: $v) { id } }"),
    plain("listItems", "of a change", lambda n: "mutation { approveConversions(ids: ["
          + many(n, '"x"') + "]) { __typename } }"),
    values("listItems", "query ($v: [ID!]!) { nodes(ids: $v) { id } }", lambda n: ["x"] * n),
    values("listItems", "query ($v: StoreFilter) { stores(first: 1, filter: $v) { nodes { id } } }",
           lambda n: {"status": ["CONNECTED"] * n}),
    *everywhere("digits", "Query", "{ %s }", lambda n: f"node(id: {'1' * n}) {{ id }}"),
    plain("digits", "by a variable's default", lambda n: "query ($v: ID! = " + "1" * n
          + ") { node(id: $v) { id } }"),
    *everywhere("cost", "Query", "{ %s }", rows),
    plain("cost", "in one fragment five times", lambda n: "{ ...F ...F ...F ...F ...F "
          + "account { id } " * (n - 1_000) + f"}} fragment F on Query {{ {FIVE} }}"),
    plain("cost", "by a variable's default", lambda n: f"query ($v: Int = {n - 801}) {{ "
          + rows(1).replace("-800", "$v") + " }"),
    values("cost", "query ($v: Int) { " + rows(1).replace("-800", "$v") + " }", lambda n: n - 801),
    values("cost", "query ($v: Boolean!) { " + rows(1_000) + " account @skip(if: $v) { id } }",
           lambda n: n == 1_000),
    values("cost", "query ($v: Boolean!) { " + rows(1_000) + " account @include(if: $v) { id } }",
           lambda n: n > 1_000),
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.limit}, {way.name}")
def test_as_many_as_are_allowed_are_accepted_and_one_more_is_refused(way: Way) -> None:
    allowed = ALLOWED[way.limit]
    accepted, one_more = (read(*way.make(n)) for n in (allowed, allowed + 1))

    if way.fits:
        assert accepted == []
    assert [e for e in accepted if "limit" in e.get("extensions", {})] == []
    (refused,) = one_more
    assert refused["extensions"] == {
        "code": "LIMIT_EXCEEDED", "limit": way.limit, "allowed": allowed, "found": allowed + 1,
    }  # fmt: skip
    assert f"At most {allowed:,} " in refused["message"]
    assert refused["message"].count(". ") == 1, "what is wrong, and what to do"


def test_a_document_has_a_thousand_comments_at_most() -> None:
    assert read("{ viewer { now } }" + "\n#" * 1_000) == []
    (refused,) = read("{ viewer { now } }" + "\n#" * 1_001)
    assert "more than 1000 comments" in refused["message"]


def test_there_is_a_way_to_every_limit_and_the_table_has_their_numbers() -> None:
    assert {way.limit for way in WAYS} == set(ALLOWED)
    assert list(ALLOWED.values()) == [getattr(LIMITS, _snake(name)) for name in ALLOWED]
    assert {_snake(name) for name in ALLOWED} == set(LIMITS.__dataclass_fields__)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


@pytest.mark.parametrize(
    ("limit", "fragment"),
    [
        ("depth", f"on Query {{ {levels(11)} }}"),
        (
            "selections",
            f"on Query {expanded(1_001)}",
        ),
        ("aliases", f"on Store {{ {many(16, 'a#: id')} }}"),
        ("repeats", f"on Store {{ {'id ' * 16} }}"),
        ("repeats", f"on Store {{ id }} fragment U on Query {{ {'store(id: 1) { id } ' * 16} }}"),
        (
            "directives",
            f"on Store {{ {'id @skip(if: true) ' * 15 + 'name @skip(if: true) ' * 6} }}",
        ),
        ("directivesInPlace", "on Store { id @a @b @c @d }"),
        ("listItems", f"on Query {{ nodes(ids: [{many(101, '1')}]) {{ id }} }}"),
        ("digits", f"on Query {{ node(id: {'1' * 101}) {{ id }} }}"),
    ],
)
def test_what_no_operation_uses_is_measured_too(limit: str, fragment: str) -> None:
    refused = read(f"{{ viewer {{ now }} }} fragment U {fragment}")

    assert limit in [error["extensions"].get("limit") for error in refused]


@pytest.mark.parametrize(
    "fragments",
    [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { viewer { now } ...A }",
        "{ viewer { now } } fragment A on Query { ... { ...A } }",
        "{ viewer { now } } fragment A on Store { offers { nodes { store { ...A } } } }",
    ],
)
def test_a_fragment_within_itself_is_refused_by_its_name(fragments: str) -> None:
    (refused,) = read(fragments)

    assert refused["message"] == "Cannot spread fragment 'A' within itself."
    assert refused["locations"]


def test_the_schema_itself_is_asked_for_by_the_usual_tools_and_not_much_deeper() -> None:
    def of_type(levels: int) -> str:
        return '{ __type(name: "Query") ' + "{ ofType " * (levels - 2) + "{ name" + " }" * levels

    assert read(get_introspection_query(input_value_deprecation=True)) == []
    assert read(of_type(15)) == []
    (refused,) = read(of_type(16))
    assert refused["extensions"]["limit"] == "depth"


@pytest.mark.parametrize("definition", ["type A { a: Int }", "extend type Query { a: Int }"])
def test_what_is_no_question_is_refused(definition: str) -> None:
    (refused,) = read("{ viewer { now } } " + definition)

    assert refused["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize(
    ("document", "values"),
    [
        ('{ node(id: "\\u0000") { id } }', {}),
        ('{ node(id: "\\u{0}") { id } }', {}),
        ('{ node(id: """\0""") { id } }', {}),
        ('{ stores(filter: {name: "a\\u0000"}) { totalCount } }', {}),
        ('query ($v: StoreFilter = {name: "\\u0000"}) { stores(filter: $v) { totalCount } }', {}),
        ("query ($v: StoreFilter) { stores(filter: $v) { totalCount } }", {"v": {"name": "\0"}}),
        ("query ($v: [ID!]!) { nodes(ids: $v) { id } }", {"v": ["a", "b\0"]}),
        ("{ viewer { now } }", {"unknown": [{"a": {"\0": 1}}]}),
    ],
)
def test_a_character_that_cannot_be_kept_is_refused(document: str, values: dict[str, Any]) -> None:
    (refused,) = read(document, values)

    assert refused["extensions"] == {"code": "BAD_REQUEST"}
    assert "NUL" in refused["message"]


SIZED: Final = [
    "{ stores(%s: #) { nodes { id } } }",
    "{ ...F } fragment F on Query { ... { stores(%s: #) { nodes { id } } } }",
    "query ($v: Int = #) { stores(%s: $v) { nodes { id } } }",
    "query ($v: Int) { stores(%s: $v) { nodes { id } } }",
]


async def test_a_page_has_1_to_200_rows(client: Client) -> None:
    for document, argument, size in product(SIZED, ("first", "last"), (0, 1, 200, 201, -1)):
        text = document.replace("%s", argument).replace("#", str(size))
        answer = await client.answer(text, **({"v": size} if "($v: Int)" in text else {}))

        if 1 <= size <= 200:
            assert answer == {"data": {"stores": {"nodes": []}}, "errors": []}
        else:
            (error,) = answer["errors"]
            assert error["extensions"] == {"code": "BAD_PAGE_SIZE"}
            assert f"{argument} is 1 to 200, not {size}." in error["message"]


@pytest.mark.parametrize("name", worst.BOMBS)
def test_a_bomb_of_twenty_fragments_costs_next_to_nothing(name: str) -> None:
    bomb = worst.BOMBS[name]

    assert bomb.count("fragment ") == 20
    assert orjson.loads(orjson.dumps(read(bomb))) != []
    assert cpu_ms(bomb) < MOST_MS


@pytest.mark.parametrize("name", worst.FOUND)
def test_the_worst_documents_that_were_found_stay_cheap(name: str) -> None:
    text = worst.FOUND[name]

    assert len(text) <= LIMITS.characters
    assert cpu_ms(text) < MOST_MS
    assert peak_bytes(text) < MOST_BYTES
