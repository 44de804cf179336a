"""Whatever is asked, and with whatever headers, an answer shows nothing that is not the asker's.

Strings are planted where they must not come out of: in another account, in the configuration, in
what PostgreSQL says when something breaks. Things do break here: a table is gone, a trigger raises.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from domain.ids import encode
from tests.api.browsers import OURS, a_browser, an_app, signed_in
from tests.conftest import a_database
from tests.factories import (
    a_conversion,
    a_link,
    a_partnership,
    a_product,
    a_store,
    an_account,
    an_affiliate,
    an_offer,
)
from tests.loops import a_loop
from tests.people import a_member, a_person, an_api_key
from tests.schema import hostile

EXAMPLES: Final = int(os.environ.get("EXAMPLES", "100"))
"""Documents; each is asked twenty times, by different callers and with different headers."""
TIMES: Final = 20

PLANTED: Final = "canary"
NEVER: Final = {
    "a secret": re.compile(r"canary", re.IGNORECASE),
    "a stack frame": re.compile(r'Traceback|File \\?"|line \d+, in |\.py\b|site-packages'),
    "SQL": re.compile(r"SELECT |INSERT |UPDATE |\brelation\b|app\.account_id|catalog_run\b|\$\d"),
    "where a server is": re.compile(r"postgres(ql)?://|redis://|:\d{4,5}/|127\.0\.0\.1"),
    "a path": re.compile(r"(?<![\w.])/(work|root|home|usr|tmp|srv|var)/"),
    "a library": re.compile(r"asyncpg|PostgresError|graphql\.|starlette|strawberry"),
}
SUGGESTS: Final = re.compile(r"Did you mean(?! '\w+ \{ \.\.\. \}'\?)")
"""Not what only tells how to go on with a field that was asked for."""
BREAKS: Final = [
    "{ catalogRuns { nodes { id } } }",
    "{ stores { nodes { id catalogRuns { totalCount } } } }",
    'mutation { addSellerAccount(name: "%s") { __typename } }',
]
GUESSES: Final = [
    "{ stoers { totalCount } }", "{ stores { nodes { nmae } } }",
    "{ stores(frist: 1) { totalCount } }",
    "{ node(id: 1) { ... on Stroe { id } } }", "mutation { addSelerAccount { __typename } }",
    "{ stores(orderBy: NAME_ACS) { totalCount } }", "{ stores(filter: {nmae: 1}) { totalCount } }",
    "{ __schema { types { name } } }", '{ __type(name: "Store") { name } }',
]  # fmt: skip
AT_THE_OTHERS: Final = [
    "{ node(id: \"%s\") { id ... on Store { name } ... on Offer { name store { id name } } } }",
    "{ nodes(ids: [\"%s\"]) { id ... on Affiliate { name } ... on Account { name } } }",
    "{ store(id: \"%s\") { id name } offer(id: \"%s\") { name } partnership(id: \"%s\") { id } }",
    "{ conversions(filter: {storeId: \"%s\"}) { totalCount nodes { id }"
    " emptyBecause { without } } }",
    "mutation { archiveOffer(id: \"%s\") { __typename ... on Refusal { message } } }",
    "mutation { approveConversions(ids: [\"%s\"]) { ... on ConversionOutcomes { outcomes { id"
    " refusal { message } } } } }",
]  # fmt: skip


@dataclass
class House:
    askers: dict[str, httpx.AsyncClient]
    """Who may see nothing of Canary; by whether they may ask for the schema."""
    others: list[str]
    """Ids of Canary's, as they are shown and as they are kept."""


Stand = tuple[asyncio.Runner, House]


@pytest.fixture(scope="module")
def stand(postgres_url: str, template: str, redis_url: str) -> Iterator[Stand]:
    with a_loop() as (runner, stack):
        yield runner, runner.run(_stand(stack, postgres_url, template, redis_url))


async def _stand(stack: AsyncExitStack, postgres_url: str, template: str, redis_url: str) -> House:
    url = await stack.enter_async_context(a_database(postgres_url, template))
    owner = await asyncpg.connect(url)
    stack.push_async_callback(owner.close)
    others = await _canary(owner)
    account_id = await an_account(owner, name="Acme")
    store_id = await a_store(owner, account_id, name="Acme's")
    await an_offer(owner, account_id, store_id)
    member = await a_person(owner)
    await a_member(owner, account_id, member)
    affiliate = await a_person(owner)
    await an_affiliate(owner, person_id=affiliate)
    key = await an_api_key(owner, account_id, created_at=datetime.now(UTC))
    await _break(owner)
    app = await stack.enter_async_context(
        an_app(
            url,
            redis_url,
            queries_by_get=True,
            AMAZON_ADS_CLIENT_SECRET="canary-of-the-environment",
            AMAZON_SELLER_CLIENT_SECRET="canary-of-the-environment",
            BUDGET_CALLER="1000000000",
            BUDGET_ACCOUNT="1000000000",
        )
    )
    bearer = {"Authorization": f"Bearer {key}"}

    async def asker(token: str | None = None, **headers: str) -> httpx.AsyncClient:
        return await stack.enter_async_context(a_browser(app, token, **headers))

    return House(
        {
            "nobody": await asker(),
            "key": await asker(**bearer),
            "member": await asker(await signed_in(owner, member), **OURS),
            "affiliate": await asker(await signed_in(owner, affiliate), **OURS),
        },
        others,
    )


async def _canary(owner: asyncpg.Connection) -> list[str]:
    """Another account with something of each kind; its ids."""
    named = {"name": f"{PLANTED}-of-another-account"}
    account_id = await an_account(owner, **named)
    affiliate_id = await an_affiliate(owner, **named)
    store_id = await a_store(owner, account_id, **named)
    await a_product(owner, account_id, store_id, title=named["name"])
    offer_id = await an_offer(owner, account_id, store_id, **named)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id, affiliate_id)
    await a_link(owner, account_id, partnership_id)
    version_id = await owner.fetchval("SELECT id FROM offer_version WHERE offer_id = $1", offer_id)
    day = datetime.now(UTC).date()
    conversion_id = await a_conversion(owner, account_id, partnership_id, version_id, day)
    ids: dict[str, UUID] = {
        "acct": account_id, "affl": affiliate_id, "stor": store_id, "offr": offer_id,
        "part": partnership_id, "conv": conversion_id,
    }  # fmt: skip
    return [encode(prefix, id) for prefix, id in ids.items()]


async def _break(owner: asyncpg.Connection) -> None:
    await owner.execute("ALTER TABLE catalog_run RENAME TO catalog_run_canary")
    await owner.execute(
        "CREATE FUNCTION canary() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'canary of % in an exception', NEW.name; END$$"
    )
    await owner.execute(
        "CREATE TRIGGER canary BEFORE INSERT ON seller_account"
        " FOR EACH ROW EXECUTE FUNCTION canary()"
    )


_words = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


@st.composite
def headers(draw: st.DrawFn) -> dict[str, str]:
    pairs = {
        "accept": st.sampled_from([
            "*/*", "application/json", "application/graphql-response+json", "text/html", "x", "",
        ]),
        "content-type": st.sampled_from(["application/json", "application/json; charset=utf-8"]),
        "acting-as": st.sampled_from(["acct_1", "operator", "affl_x"]) | _words,
        "idempotency-key": _words,
        "authorization": _words.map(lambda text: f"Bearer {text}"),
        "cookie": _words.map(lambda text: f"__Host-clickledger={text}"),
        "x-forwarded-for": _words,
        "user-agent": _words,
        "origin": st.just("https://evil.example"),
    }  # fmt: skip
    names = draw(st.lists(st.sampled_from(sorted(pairs)), max_size=2, unique=True))
    return {name: draw(pairs[name]).strip() for name in names}


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any] | bytes:
    if draw(st.integers(0, 3)) == 0:
        text, variables = draw(hostile.filled_in())
        return {"query": text, "variables": variables}
    body: dict[str, Any] = {"query": draw(hostile.documents())}
    if draw(st.integers(0, 5)) == 0:
        body["operationName"] = draw(_words)
    if draw(st.integers(0, 9)) == 0:
        return orjson.dumps(body)[: draw(st.integers(0, 400))]
    return body


def test_no_answer_shows_what_is_not_the_askers(stand: Stand) -> None:
    runner, house = stand
    codes: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), print_blob=True,
    )  # fmt: skip
    @given(bodies(), st.lists(headers(), min_size=4, max_size=4), st.randoms(use_true_random=False))
    def ask(body: dict[str, Any] | bytes, variants: list[dict[str, str]], draw: Any) -> None:
        sent = []
        for turn in range(TIMES):
            asked = body
            if turn % 5 > 2:
                text = draw.choice([BREAKS, GUESSES, AT_THE_OTHERS][turn % 3])
                asked = {"query": text.replace("%s", draw.choice(house.others))}
            content = asked if isinstance(asked, bytes) else hostile.json_of(asked)
            who, more = draw.choice(sorted(house.askers)), variants[turn % 4] if turn % 2 else {}
            sent.append((who, content, more))
        with capture_logs():
            answers = runner.run(_answers(house, sent))
        for answer, (who, content, more) in zip(answers, sent, strict=True):
            codes[str(answer.status_code)] += 1
            codes["INTERNAL"] += '"INTERNAL"' in answer.text
            codes["suggested"] += bool(SUGGESTS.search(answer.text))
            codes["data"] += '"data":{' in answer.text
            loses = {"authorization"} if who == "key" else {"authorization", "cookie"}
            signed_in = who != "nobody" and not loses & set(more)
            told = content.decode(errors="replace") + str(more)
            _holds_nothing(answer, told, house, signed_in=signed_in)

    ask()
    assert codes["200"] > EXAMPLES
    assert min(codes["INTERNAL"], codes["suggested"], codes["data"]) > EXAMPLES / 10, codes


async def _answers(
    house: House, sent: list[tuple[str, bytes, dict[str, str]]]
) -> list[httpx.Response]:
    """All at once."""
    json = {"content-type": "application/json"}
    return await asyncio.gather(
        *(
            house.askers[who].post("/graphql", content=content, headers=json | more)
            for who, content, more in sent
        )
    )


def _holds_nothing(answer: httpx.Response, sent: str, house: House, *, signed_in: bool) -> None:
    """What the asker has sent may come back, and nothing else that was planted."""
    text = f"{answer.text} {dict(answer.headers)}"
    for what, pattern in NEVER.items():
        found = [match[0] for match in pattern.finditer(text) if match[0] not in sent]
        assert not found, f"{what}: {found} in {text[:2_000]}"
    for id in house.others:
        assert id in sent or (id not in text and str(UUID(id[5:])) not in text), text[:2_000]
    if not signed_in:
        assert not SUGGESTS.search(text), text[:2_000]
        assert '"__schema":{' not in text
