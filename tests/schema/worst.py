"""The documents that took the most time to refuse, or to accept, when they were looked for."""

from __future__ import annotations

from typing import Final

from schema.limits import LIMITS


def _chain(body: str, start: str = "...F0", on: str = "Query", last: str = "viewer { now }") -> str:
    """Twenty fragments, each with the next one in it."""
    fragments = [f"fragment F{i} on {on} {{ {body.replace('#', f'F{i + 1}')} }}" for i in range(19)]
    return f"{{ {start} }} {' '.join(fragments)} fragment F19 on {on} {{ {last} }}"


def _many(times: int, item: str) -> str:
    return " ".join(item.replace("#", str(number)) for number in range(times))


_NESTED: Final = "a: offers { nodes { store { ...# } } } b: offers { nodes { store { ...# } } }"
BOMBS: Final = {
    "twice each": _chain("...# ...#"),
    "as often as there are tokens for": _chain("...# " * 21),
    "with a field": _chain("viewer { now } " + "...# " * 15),
    "without a name between": _chain("... { ...# ...# } ... on Query { ...# ...# }"),
    "in fields": _chain(_NESTED, "stores { nodes { ...F0 } }", "Store", "id"),
    "never used": _chain("...# " * 21, "viewer { now }"),
    "never used, in fields": _chain(_NESTED, "viewer { now }", "Store", "id"),
    "in a ring": _chain("...# ...#", last="...F0 ...F0"),
    "each in each": "{ ...F0 } " + _many(20, f"fragment F# on Query {{ {_many(20, '...F#')} }}"),
}

_FIELDS: Final = "id name channel platform url storefrontUrl currency timeZone status connectedAt"


def _stores(times: int, below: str) -> str:
    return _many(times, f"a#: stores(first: 1) {{ nodes {{ {below} }} }}")


FOUND: Final = {
    name: text[: LIMITS.characters]
    for name, text in {
        "accepted, every field eight times": f"{{ {_stores(10, f'{_FIELDS} ' * 8)} }}",
        "accepted, one field in fifteen pieces": "{ stores(first: 1) { "
        + f"nodes {{ {_FIELDS} offers(first: 1) {{ nodes {{ id name }} }} }} " * 15
        + "} }",
        "fifteen fragments with the same fields": "{ stores(first: 1) { nodes { "
        + _many(15, "...F#") + " } } }"
        + _many(15, f"fragment F# on Store {{ {_FIELDS} offers {{ nodes {{ id name }} }} }}"),
        "a text that does not end": '{ node(id: "' + '\\"' * 7_490,
        "a block that does not end": '{ node(id: """' + '\\"""' * 3_740,
        "a fragment that is never used, of one field with other values": "{ viewer { now } }"
        " fragment F on Query { " + _many(108, 'store(id: "#") { id }') + " }",
        "fragments of one name": "{ viewer { now } } "
        + "fragment F on Query { " + "store(id: 1) { id } " * 90 + "} fragment F on Query { id }",
        "types that are none": "{ node(id: 1) { "
        + _many(14, "... on WithdrawInvitationResult# { id }") + " } }",
        "types that are almost defined": "{ ... on WithdrawInvitationResults { id } }"
        + _many(150, "type WithdrawInvitationResult# { a: Int }"),
        "fields that are none": "{ stores(first: 1) { nodes { "
        + _many(900, "connectedAt#") + " } } }",
        "a filter of fields that are none": "{ links(filter: {"
        + _many(195, "createdAt#: {a: 1}") + "}) { totalCount } }",
        "lines without end, and what is wrong after them": "\n" * 9_000
        + "{ " + _many(10, 'store(id: "#") { id }') + " }",
        "accepted, lists of variables": "query ("
        + _many(50, "$v#: ID!") + ") { "
        + _many(5, f"a#: nodes(ids: [{' '.join(f'$v{i}' for i in range(50))}]) {{ id }}") + " }",
        "one argument many times": "{ stores(" + "first: 1 " * 300 + ") { totalCount } }",
        "words for nothing": "{ " + "id " * 990 + "}",
        "one variable many times": "query (" + "$v: Int " * 240 + ") { viewer { now } }",
        "one key many times": "{ stores(filter: {"
        + "status: [CONNECTED] " * 150 + "}) { totalCount } }",
        "every kind of node": "{ " + _many(4, 'a#: nodes(ids: ["x"]) { ...F ...F ...F ...F }')
        + " } fragment F on Node { " + _many(15, "... on Store { id } ... on Offer { id }") + " }",
        "a number without end": "{ nodes(ids: " + "1" * 14_900 + ") { id } }",
        "a default without end": "query ($v: [ID!]! = " + "1" * 14_900
        + ") { nodes(ids: $v) { id } }",
        "brackets behind a carriage return": "{ viewer { now } } #\r" + "{ a " * 490,
        "brackets behind what looks like a text": '{ a(b: """\\""" """, c: ' + "[" * 900 + ' # """',
    }.items()
}  # fmt: skip
