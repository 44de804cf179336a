"""Documents are parsed and validated once, and asked as often as anybody likes."""

from __future__ import annotations

import pytest

from schema.documents import Document, Documents, Unfit
from schema.limits import LIMITS
from schema.root import schema
from tests.schema.conftest import Client

VALID = "query ($first: Int!) { stores(first: $first) { nodes { name } } }"


async def test_a_document_is_asked_again_with_other_values(client: Client) -> None:
    assert (await client.ask(VALID, first=1))["stores"] == {"nodes": []}
    assert (await client.ask(VALID, first=2))["stores"] == {"nodes": []}

    refused = await client.answer(VALID, first=201)
    assert refused["errors"][0]["extensions"]["code"] == "BAD_PAGE_SIZE"


async def test_values_of_the_wrong_kind_are_refused_after_right_ones(client: Client) -> None:
    await client.ask(VALID, first=1)

    for _ in range(2):
        assert (await client.answer(VALID, first="many"))["errors"]


INTROSPECTS = "{ viewer { now } ...F } fragment F on Query { ... { __schema { types { name } } } }"
WRONG = "{ stores { nodes { nmae } } }"


@pytest.fixture
def documents() -> Documents:
    """With nothing kept yet."""
    return Documents(schema._schema, schema.reading.model, LIMITS)


def kept(documents: Documents) -> list[str]:
    return list(documents._known._kept)


def refused(documents: Documents, text: str, **more: bool) -> list[str]:
    """The messages."""
    with pytest.raises(Unfit) as unfit:
        documents.read(text, **more)
    return [error.message for error in unfit.value.errors]


@pytest.mark.parametrize(
    "text", ["{ stores { nodes { colour } } }", "{ stores {", "mutation { archiveOffer }", WRONG]
)
def test_what_is_wrong_is_wrong_each_time(documents: Documents, text: str) -> None:
    first = refused(documents, text)

    assert first
    assert refused(documents, text) == first


@pytest.mark.parametrize(
    "text", [WRONG, "{", "{ " + "id " * 2_000 + "}", "{ viewer { now } }".ljust(20_000), "type A"]
)
def test_what_is_refused_is_not_kept(documents: Documents, text: str) -> None:
    refused(documents, text)

    assert kept(documents) == []


def test_what_is_too_dear_is_known_and_refused_again(documents: Documents) -> None:
    text = (
        "query ($n: Int) { stores(first: $n) { nodes { products(first: $n) { nodes { id } } } } }"
    )
    for _ in range(2):
        document = documents.read(text)
        assert documents.cost(document, {"n": 10}) < LIMITS.cost
        with pytest.raises(Unfit):
            documents.cost(document, {"n": 100})


def test_all_texts_that_are_kept_are_no_longer_than_so_much_together(documents: Documents) -> None:
    most, longest = 0, ""
    for number in range(200):
        longest = f"{{ a{number}: viewer {{ now }} }}".ljust(LIMITS.characters)
        documents.read(longest)
        most = max(most, sum(map(len, kept(documents))))

    assert 400_000 < most <= 500_000
    assert documents._known._weighs == sum(map(len, kept(documents)))
    assert kept(documents)[-1] == longest


def test_the_costs_that_are_kept_of_a_document_are_few(documents: Documents) -> None:
    document = documents.read("query ($n: Int) { stores(first: $n) { nodes { id } } }")
    costs = [documents.cost(document, {"n": n}) for n in range(1, 150)]

    assert costs == [1 + n for n in range(1, 150)]
    assert len(document.costs._kept) <= 20


def test_who_may_not_introspect_is_refused_what_is_kept_for_another(documents: Documents) -> None:
    first: Document = documents.read(INTROSPECTS, introspect=True)

    (message,) = refused(documents, INTROSPECTS, introspect=False)
    assert message == "Sign in to ask for the schema itself."
    assert documents.read(INTROSPECTS, introspect=True) is first


def test_who_may_not_introspect_may_not_when_nothing_is_kept(documents: Documents) -> None:
    assert refused(documents, INTROSPECTS, introspect=False)
    assert documents.read(INTROSPECTS, introspect=True)


@pytest.mark.parametrize("order", [(True, False, True), (False, True, False)])
def test_suggestions_are_for_those_alone_who_may_introspect(
    documents: Documents, order: tuple[bool, ...]
) -> None:
    for introspect in order:
        (message,) = refused(documents, WRONG, introspect=introspect)
        assert ("Did you mean" in message) is introspect


async def test_values_that_do_not_fit_are_never_told_what_would(client: Client) -> None:
    document = schema.document("query ($f: StoreFilter) { stores(filter: $f) { totalCount } }")

    with pytest.raises(Unfit) as unfit:
        await schema.answer(document, {"f": {"nmae": "x"}}, client.context())
    assert "nmae" in unfit.value.errors[0].message
    assert "Did you mean" not in unfit.value.errors[0].message
