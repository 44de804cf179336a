"""Documents and values that nobody means well with, as hypothesis strategies.

What an attacker would write who has read how GraphQL servers fall over: much in few bytes, by
fragments, repetition, nesting, and whatever a parser or a rule has to look at more than once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson
from graphql import (
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from domain.ids import encode
from schema.limits import LIMITS
from schema.root import schema

GRAPHQL: Final = schema._schema
LONGEST: Final = LIMITS.characters


def _leaves(type_: GraphQLNamedType) -> list[str]:
    assert isinstance(type_, GraphQLObjectType)
    found = [n for n, f in type_.fields.items() if is_leaf_type(get_named_type(f.type))]
    return ["__typename", *found]


ROWS: Final = sorted(
    name
    for name, type_ in GRAPHQL.type_map.items()
    if isinstance(type_, GraphQLObjectType) and GRAPHQL.type_map["Node"] in type_.interfaces
)
STORE: Final = _leaves(GRAPHQL.type_map["Store"])
LISTS: Final = ["stores", "offers", "links", "partnerships", "conversions", "products"]
ROOTS: Final = [
    "viewer { now }", "__typename", "stores { totalCount }", "account { id }",
    'node(id: "x") { id }', 'nodes(ids: ["x", "y"]) { id }', 'store(id: "x") { id }',
    "__schema { types { name } }", '__type(name: "Query") { fields { name } }', "{", "x", "@skip",
]  # fmt: skip
PLACES: Final = [
    "{ %s }", "{ stores { nodes { %s } } }", "{ stores(first: 1) { nodes { offers { %s } } } }",
    'query ($v: Int) { node(id: "x") { %s } }', "{ viewer { now } } fragment F on Query { %s }",
    "{ ...F } fragment F on Query { %s }", "mutation { %s }", "subscription { %s }",
    "{ ...F ...F } fragment F on Query { stores { nodes { %s } } }", "type T { %s }", "%s",
]  # fmt: skip
ITEMS: Final = [
    "id", "name", "a: id", "a%d: id", "x%d", "__typename", "...F", "...F%d", "... { id }",
    "... on Store { id }", "offers { nodes { id name } }", "offers(first: %d) { nodes { id } }",
    "links(filter: { subId: \"%d\" }) { totalCount }", "stores(first: %d) { nodes { id } }",
    'store(id: "%d") { id }', "nodes(ids: [%d]) { id }", "id @skip(if: true)", "id @x%d", "@a",
    "viewer { now }", "stores { nodes { brand { id name } offers { nodes { store { id } } } } }",
    "createdAtt%d", "... on Stroe%d { id }", "stores(firts%d: 1) { totalCount }", "$v%d: Int = 1",
    "$v: [ID!]! = [1 2 3]", "query Q%d { viewer { now } }",
    "fragment F%d on Query { viewer { now } }",
    "fragment F on Store { id ...F }", "{ viewer { now } }", "extend type Query { a%d: Int }",
    "type A%d { a: Int }", '"x"', "1", "-1", "a: 1", "a%d: {b: 1}", "[", "]", "{", "}", "(", ")",
    "#\n", "# x%d\r", ",", "\n", "\ufeff", "é", "\U0001f600", '"\\"', '\\"', '"""', '\\"""',
    "\\u0041",
    "addSellerAccount(name: \"%d\") { __typename }", "createOffer(input: {x%d: 1}) { __typename }",
    "__schema { types { fields { type { name } } } }", "__type(name: \"T%d\") { name }", "&", "|",
    "!",
]  # fmt: skip
OPENERS: Final = [
    "{", "[", "(", "{a", "{a:", "{stores{nodes", "{...", "{...on Query", "a:[", "a:{a:", "\"[",
    "#{\n", "#{\r[", "\"\"\"\\\"\"\"[", "stores{nodes{offers{nodes{store{",
    "{__type(name:\"T\"){fields{type",
    "[{a:", "$a:[", "@a(b:[", "{a@b(c:{d:",
]  # fmt: skip
CLOSERS: Final = ["", "}", "]", ")", "}}", "]}", "}}}", '"""', '"']

IDS: Final = [
    "", "x", "1", "stor_", "dings_00000000000000000000000001", "💰", "\x00", "a" * 3_000,
    *(encode(prefix, UUID(int=7)) for prefix in sorted(schema.reading.model.by_prefix)),
]  # fmt: skip
TEXTS: Final = [
    "", " ", "x", "x" * 1_001, "1", "12.50", "-1", "1e400", "NaN", "Infinity",
    "9" * 30, "0001-01-01",
    "9999-12-31", "2026-09-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "\x00", "\x00a",
    "%", "_",
    "\\", "'; DROP TABLE store; --", "{}", '{"a": [1]}', "https://www.amazon.com/dp/B0C1234567",
    "http://[", "é" * 300,
    "ada@example.com", "a@b", "US", "USD", "en", "\ud7ff", "\uffff", "\u202e", "2026-13-45",
    "0" * 64,
]  # fmt: skip

_numbers = st.integers(0, 1_100)
_few = st.integers(1, 16)
_some_text = st.text(max_size=40)


@st.composite
def repeated(draw: st.DrawFn) -> str:
    """The same in one place, over and over, or some things by turns."""
    items, times = draw(st.lists(st.sampled_from(ITEMS), min_size=1, max_size=4)), draw(_numbers)
    body = " ".join(_numbered(items[i % len(items)], i) for i in range(times))
    return _in(draw(st.sampled_from(PLACES)), body)


@st.composite
def nested(draw: st.DrawFn) -> str:
    opener, closer = draw(st.sampled_from(OPENERS)), draw(st.sampled_from(CLOSERS))
    times = draw(st.integers(0, 1_100))
    hidden = draw(st.sampled_from(["", '"""\\""" """', "#\r", '"\\"', "{a(b:", "query($a:"]))
    middle = draw(st.sampled_from(["", "id", "1", "viewer{now}"]))
    text = hidden + opener * times + middle + closer * times
    return _in(draw(st.sampled_from(["%s", *PLACES])), text)


@st.composite
def bombs(draw: st.DrawFn) -> str:
    """Fragments that spread each other."""
    many = draw(st.integers(1, 25) | st.integers(1, 140))
    each, ring = draw(_few), draw(st.booleans())
    on = draw(st.sampled_from(["Query", "Store", "Node"]))
    around = draw(
        st.sampled_from(
            [
                "%s",
                "%s %s",
                "stores { nodes { %s } }",
                "... { %s }",
                "a: stores { nodes { %s } } b: stores { nodes { %s } }",
            ]
        )
    )
    fields = " ".join(draw(st.lists(st.sampled_from(STORE + ROOTS), max_size=12)))
    step = draw(st.integers(1, 3))
    parts = []
    for i in range(many):
        targets = [
            (i + 1 + step * k) % many if ring else i + 1 + (step * k) % 3 for k in range(each)
        ]
        spreads = " ".join(f"...F{t}" for t in targets if ring or t < many)
        parts.append(f"fragment F{i} on {on} {{ {fields} {around.replace('%s', spreads)} }}")
    if draw(st.booleans()):
        parts.reverse()
    start = draw(st.sampled_from([
        "{ viewer { now } }", "{ ...F0 }", "{ stores { nodes { ...F0 } } }",
        "{ stores { nodes { ...F0 ...F1 ...F2 ...F3 } } }", 'query { nodes(ids: ["x"]) { ...F0 } }',
    ]))  # fmt: skip
    return f"{start} {' '.join(parts)}"


@st.composite
def just_within(draw: st.DrawFn) -> str:
    """Dense, and under the limits or nearly: what has to be looked at to the end."""
    leaves = draw(st.lists(st.sampled_from(STORE), min_size=1, max_size=12, unique=True))
    fields = " ".join(leaves)
    places, times, kinds = draw(st.integers(1, 11)), draw(_few), draw(st.integers(0, 29))
    first = draw(st.sampled_from(["", "(first: 1)", "(first: %d)"]))
    below = draw(st.sampled_from([
        "", "offers(first: 1) { nodes { id name } }", "brand { id name stores { nodes { id } } }",
        "offers(first: 1) { nodes { id store { id name ...G } } }",
    ]))  # fmt: skip
    row = f"{fields} {below}"
    way = draw(st.sampled_from(["spread", "inline", "plain", "merged", "kinds", "fragments"]))
    extra = "fragment G on Store { " + fields + " }" if "...G" in below else ""
    if way == "kinds":
        typed = " ".join(f"... on {name} {{ id __typename }}" for name in ROWS[:kinds])
        roots = " ".join(f'a{i}: nodes(ids: ["x"]) {{ {"...F " * times} }}' for i in range(places))
        return f"{{ {roots} }} fragment F on Node {{ id {typed} }}"
    if way == "merged":
        return f"{{ stores {{ {' '.join([f'nodes {{ {row} }}'] * times)} }} }} {extra}"
    if way == "fragments":
        spreads = " ".join(f"...F{i}" for i in range(times))
        frs = " ".join(f"fragment F{i} on Store {{ {row} }}" for i in range(times))
        return f"{{ stores {{ nodes {{ {spreads} }} }} }} {frs} {extra}"
    if way == "spread":
        inner, extra = "...F " * times, f"fragment F on Store {{ {row} }} {extra}"
    else:
        inner = (f"... {{ {row} }} " if way == "inline" else f"{row} ") * times
    roots = " ".join(
        f"a{i}: stores{_numbered(first, i + 1)} {{ nodes {{ {inner} }} }}" for i in range(places)
    )
    return f"{{ {roots} }} {extra}"


@st.composite
def unknown(draw: st.DrawFn) -> str:
    """Names that are nearly right, for each of which a server might look for what was meant."""
    name = draw(st.sampled_from(sorted(GRAPHQL.type_map) + LISTS + STORE))
    times, each = draw(st.integers(1, 220)), draw(st.integers(1, 8))
    shape = draw(st.sampled_from([
        "{ %s }", "{ stores { nodes { %s } } }", "mutation { %s }", "{ node(id: 1) { %s } }",
    ]))  # fmt: skip
    item = draw(st.sampled_from([
        "{n}{i}", "... on {n}{i} {{ id }}", "stores({n}{i}: 1) {{ totalCount }}",
        "stores(filter: {{ {n}{i}: 1 }}) {{ totalCount }}",
        "stores(orderBy: {n}{i}) {{ totalCount }}",
        "stores @{n}{i} {{ totalCount }}", "...{n}{i}", "a(b: ${n}{i})",
    ]))  # fmt: skip
    if draw(st.integers(0, 4)) == 0:
        declared = " ".join(f"${'v'}{i}: {name * each}{i}" for i in range(times))
        return f"query ({declared}) {{ viewer {{ now }} }}"
    if draw(st.integers(0, 4)) == 0:
        fields = " ".join(f"{name * each}{i}: {{a: 1}}" for i in range(times))
        return f"{{ links(filter: {{ {fields} }}) {{ totalCount }} }}"
    return _in(shape, " ".join(item.format(n=name * each, i=i) for i in range(times)))


@st.composite
def huge_values(draw: st.DrawFn) -> str:
    """One literal, or a default, that is as long as may be."""
    unit = draw(st.sampled_from([
        "1", "1.5e", "a", '"a" ', "[1] ", "{a:1} ", "é", "\\u0041", "\\u{1F600}", '\\"', '\\"""',
        "\n", " \n", "\r\n", "\U0001f600", "$v ", "1 ", "null ", "{a:[{a:", "-", ".", "\t", "\x00",
    ]))  # fmt: skip
    text = unit * draw(st.integers(0, LONGEST // len(unit)))
    start, end = draw(st.sampled_from([
        ("", ""), ('"', '"'), ('"""', '"""'), ("[", "]"), ("{a:", "}"), ('"', ""), ('"""', ""),
        ("[{a:[", "]}]"),
    ]))  # fmt: skip
    place = draw(st.sampled_from([
        "{ nodes(ids: %s) { id } }", "{ stores(first: %s) { totalCount } }",
        "{ store(id: %s) { id } }",
        "query ($x: [ID!]! = %s) { nodes(ids: $x) { id } }", "{ links(filter: %s) { totalCount } }",
        "query ($x: Int = %s) { stores(first: $x) { totalCount } }", "{ a @skip(if: %s) }",
        "mutation { createOffer(input: %s) { __typename } }", "#%s", "%s { viewer { now } }",
        "mutation { approveConversions(ids: %s) { __typename } }", "query ($x: %s) { a }",
        "{ a }%s",
        "mutation { saveProfile(input: {channels: [%s]}) { __typename } }",
    ]))  # fmt: skip
    return _in(place, start + text + end)


WORDS: Final = [
    *"{}()[]:=@$!|&\"#,.", "...", '"""', "\n", " ", "on", "query", "mutation", "fragment", "F",
    "Store", "Query", "Node", "id", "name", "stores", "nodes", "first", "filter", "1", "-1", "1e9",
    '"x"', "true", "null", "skip", "if", "type", "input", "enum", "schema", "extend", "directive",
    "subscription", "viewer", "now", "__typename", "__schema", "__type", "\\", "\r", "\u2028",
]  # fmt: skip

words = st.lists(st.sampled_from(WORDS), max_size=1_500).map(" ".join)
noise = st.text(max_size=300) | st.binary(max_size=600).map(lambda b: b.decode("latin-1"))


@cache
def sensible() -> st.SearchStrategy[str]:
    """Valid documents over a part of the schema."""
    names = ["stores", "viewer", "node", "nodes", "conversions", "amazonOrder"]
    return queries(GRAPHQL, fields=names, custom_scalars=_scalars())


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid document, duplicated, cut off, put into itself, or with a piece from elsewhere."""
    text: str = draw(sensible())
    for _ in range(draw(st.integers(1, 3))):
        at, to = sorted([draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))])
        match draw(st.integers(0, 4)):
            case 0:
                text = text[:at] + text[at:to] * draw(_few) + text[to:]
            case 1:
                text = text[:to]
            case 2:
                text = text[:at] + text + text[at:]
            case 3:
                text = text[:at] + draw(st.sampled_from(WORDS + ITEMS)) + text[to:]
            case _:
                text = text * draw(_few)
        text = text[:LONGEST]
    return text


def documents() -> st.SearchStrategy[str]:
    """Any document, of the greatest length that is looked at, or less."""
    ways = [
        repeated(), nested(), bombs(), just_within(), unknown(), huge_values(), words, noise,
        mutated(),
    ]  # fmt: skip
    return st.one_of(ways).map(lambda text: text[:LONGEST])


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "x", "stor_1", "x" * 2_000, "\x00", "1" * 5_000, "💰"])
    | _some_text,
    lambda below: (
        st.lists(below, max_size=6)
        | st.dictionaries(
            st.sampled_from(["a", "name", "storeId", "status", ""]) | _some_text, below, max_size=6
        )
    ),
    max_leaves=12,
)


@st.composite
def values(draw: st.DrawFn) -> Any:
    """What JSON has: any kind, long, or up to a thousand levels deep, see `json_of`."""
    match draw(st.integers(0, 5)):
        case 0:
            return f"DEEP {draw(st.sampled_from('[{'))} {draw(st.integers(1, 1_000))}"
        case 1:
            return [draw(_json)] * draw(st.sampled_from([99, 100, 101, 1_000]))
    return draw(_json)


def json_of(variables: Mapping[str, Any]) -> bytes:
    """What stands for deep values is put in their place: Python's tools would not print them."""

    def deep(found: re.Match[str]) -> str:
        times = int(found[2])
        if found[1] == "[":
            return "[" * times + "]" * times
        return '{"a":' * times + "1" + "}" * times

    return re.sub(r'"DEEP ([\[{]) (\d+)"', deep, orjson.dumps(variables).decode()).encode()


def _in(place: str, text: str) -> str:
    return place.replace("%s", text, 1)


def _numbered(item: str, number: int) -> str:
    return item.replace("%d", str(number))


def _scalars() -> dict[str, Any]:
    texts = st.sampled_from(["2026-09-01", "1.5", "x"]).map(nodes.String)
    return {
        name: texts for name in ("Date", "DateTime", "Decimal", "BigInt", "JSON", "UUID")
        if name in GRAPHQL.type_map
    }  # fmt: skip


@cache
def questions_with_values() -> list[tuple[str, dict[str, Any]]]:
    """Every field of the roots that takes arguments, with a variable for each, and their types."""
    found = []
    for kind, root in (("query", GRAPHQL.query_type), ("mutation", GRAPHQL.mutation_type)):
        assert root is not None
        for name, field in root.fields.items():
            types = {argument: given.type for argument, given in field.args.items()}
            if types:
                declared = ", ".join(f"${argument}: {type_}" for argument, type_ in types.items())
                passed = ", ".join(f"{argument}: ${argument}" for argument in types)
                below = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
                found.append((f"{kind} ({declared}) {{ {name}({passed}){below} }}", types))
    return found


@st.composite
def filled_in(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A question or a change with values: most are of the kind that is asked for, some are not."""
    text, types = draw(st.sampled_from(questions_with_values()))
    return text, {name: draw(_given(type_)) for name, type_ in types.items()}


def _given(type_: Any) -> st.SearchStrategy[Any]:
    return st.integers(0, 7).flatmap(lambda chance: values() if chance == 0 else _of(type_))


def _of(type_: Any) -> st.SearchStrategy[Any]:
    if is_non_null_type(type_):
        return _of(type_.of_type)
    if is_list_type(type_):
        return st.lists(_given(type_.of_type), max_size=4)
    if is_enum_type(type_):
        return st.sampled_from([*type_.values, "NONE"])
    if is_input_object_type(type_):
        wanted = {n: f for n, f in type_.fields.items() if is_non_null_type(f.type)}
        return st.fixed_dictionaries(
            {n: _given(f.type) for n, f in wanted.items()},
            optional={n: _given(f.type) for n, f in type_.fields.items() if n not in wanted},
        )
    return {
        "Int": st.integers(-5, 250) | st.integers(-(2**33), 2**33),
        "Boolean": st.booleans(),
        "ID": st.sampled_from(IDS),
    }.get(type_.name, st.sampled_from(TEXTS) | _some_text)
