"""What a client sees of errors, and what the log keeps."""

from __future__ import annotations

import logging

import asyncpg
import pytest
from structlog.testing import capture_logs

from tests.schema.conftest import Client


async def test_a_fault_of_ours_is_a_number_to_the_client_and_one_line_in_the_log(
    client: Client, owner: asyncpg.Connection
) -> None:
    await owner.execute("ALTER TABLE store RENAME TO shop")

    with capture_logs() as logs:
        answer = await client.answer("{ a: stores { totalCount } viewer { now } }")

    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "r3qu3st"}
    assert "r3qu3st" in error["message"]
    assert "store" not in error["message"]
    assert error["path"] == ["a"]
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("graphql_fault", "error")
    assert isinstance(line["exc_info"], asyncpg.UndefinedTableError)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ stores { nodes { nmae } } }", "Cannot query field 'nmae' on type 'Store'"),
        ("{ stores { ", "Syntax Error"),
        ("{ stores(first: 201) { totalCount } }", "first is 1 to 200"),
        ('{ store(id: "offr_1") { id } }', "stor_"),
        ('{ node(id: "dings_00000000000000000000000000000001") { id } }', "No id begins with"),
        ('{ stores(after: "x") { totalCount nodes { id } } }', "no cursor"),
    ],
)
async def test_what_the_client_did_wrong_is_said_to_it_and_not_logged(
    client: Client, caplog: pytest.LogCaptureFixture, document: str, message: str
) -> None:
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        answer = await client.answer(document)

    assert message in answer["errors"][0]["message"]
    assert logs == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_refusal_is_an_answer_and_not_logged(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        refused = await client.act(
            'mutation { archiveOffer(id: "x") { __typename ... on Refusal { message } } }'
        )

    assert refused["__typename"] == "WrongId"
    assert logs == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_somebody_without_a_key_is_told_so(anonymous: Client) -> None:
    answer = await anonymous.answer("{ viewer { now } }")
    assert answer == {"data": {"viewer": None}, "errors": []}

    for document in (
        "{ stores { totalCount } }",
        "{ account { id } }",
        '{ amazonOrder(orderId: "111") { reason } }',
        'mutation { addSellerAccount(name: "Acme") { __typename } }',
    ):
        (error,) = (await anonymous.answer(document))["errors"]
        assert error["extensions"] == {"code": "NOT_SIGNED_IN"}, document
