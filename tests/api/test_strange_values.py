"""Values that nobody means: they are refused, or found nowhere, and are no fault of ours."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import httpx

from tests.api.browsers import ask


async def test_of_a_name_that_stands_twice_the_last_one_counts_and_the_first_does_nothing(
    http: httpx.AsyncClient, key: dict[str, str], owner: asyncpg.Connection
) -> None:
    add = 'mutation { addSellerAccount(name: "Juniper") { __typename } }'.replace('"', '\\"')
    body = f'{{"query": "{add}", "query": "{{ __typename }}"}}'.encode()

    answer = await ask(http, body, **key)

    assert answer.json()["data"] == {"__typename": "Query"}
    assert await owner.fetchval("SELECT count(*) FROM seller_account") == 1  # the store's


SEARCH = """query($text: String, $ids: [ID!]!, $id: ID!, $first: Int) {
  marketplace(first: $first, filter: { search: $text }) { nodes { id } }
  nodes(ids: $ids) { id } store(id: $id) { id } }"""
STRANGE: dict[str, Any] = {
    "what is no NUL": "\\u0000",
    "other signs that are not written": "\x01\x7f\u200b\u202e\ufeff\ufffe",
    "beyond the first plane": "\U0001f9ff\U0010ffff",
    "a long text": "a" * 50_000,
    "a huge number": 10**300,
    "a number over 64 bits": 2**64,
    "a number over 32 bits": 2**31,
    "a negative number": -(2**63),
    "a fraction": 0.1,
    "a truth": True,
    "deep lists": [[[[[[[[[[["a"]]]]]]]]]]],
    "deep objects": {"a": {"b": {"c": {"d": {"e": {}}}}}},
    "wildcards": "%_\\%'\"$1;--",
}


async def test_strange_values_are_no_fault_of_ours(
    http: httpx.AsyncClient, key: dict[str, str]
) -> None:
    usual = {"text": "a", "ids": [], "id": "stor_" + "0" * 32, "first": 5}
    for what, value in STRANGE.items():
        for name, given in {"text": value, "ids": [value], "id": value, "first": value}.items():
            answer = await ask(http, {"query": SEARCH, "variables": usual | {name: given}}, **key)

            assert answer.status_code == 200, (what, name, answer.text)
            assert "INTERNAL" not in answer.text, (what, name, answer.text)
            assert len(answer.content) < 5_000, (what, name)


async def test_variables_as_deep_as_json_may_be_are_no_fault_of_ours(
    http: httpx.AsyncClient, key: dict[str, str]
) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        deep = opening * 1_000 + "1" + closing * 1_000
        for name in ("ids", "text", "unknown"):
            body = f'{{"query": {json.dumps(SEARCH)}, "variables": {{"{name}": {deep}}}}}'
            answer = await ask(http, body.encode(), **key)

            assert answer.status_code in (200, 400), answer.text
            assert "INTERNAL" not in answer.text
