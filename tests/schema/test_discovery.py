"""Affiliates who show themselves: found, marked, and gone when they like."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from domain.discovery.rules import ChannelKind as TradeKind
from domain.discovery.rules import Mark
from domain.marketplace.categories import Category as TradeCategory
from schema.enums import Category, ChannelKind, DiscoveryMark
from schema.root import schema
from tests.factories import NOW, a_partnership, a_store, an_affiliate, an_offer
from tests.people import a_mark, a_person, a_profile_draft, a_published_profile, a_track_record
from tests.schema.conftest import Client, affiliate_client

SAVE = """mutation($input: SaveProfileInput!) { saveProfile(input: $input) {
    __typename
    ... on ProfileDraft { id name niches countries channels { place kind url audience }
                          published { name } }
    ... on InvalidInput { field reason } } }"""
PUBLISH = """mutation { publishProfile { __typename
    ... on ProfileDraft { published { id name audience channelKinds verified } }
    ... on ProfileIncomplete { missing message } } }"""
UNPUBLISH = """mutation { unpublishProfile { __typename
    ... on ProfileDraft { name published { id } } ... on NotFound { what } } }"""
FIND = """query($filter: AffiliateProfileFilter, $order: AffiliateProfileOrder) {
    discovery(filter: $filter, orderBy: $order) { nodes { name } } }"""
PROFILE = {
    "name": "Ann cooks",
    "bio": "I cook, and film it.",
    "channels": [
        {"kind": "YOUTUBE", "url": "https://www.youtube.com/@ann", "audience": 1200},
        {"kind": "BLOG", "url": "https://ann.example.com", "audience": 30},
    ],
    "niches": ["KITCHEN", "PETS"],
    "countries": ["us", "CA"],
}


async def found(client: Client, **filter: Any) -> list[str]:
    data = await client.ask(FIND, filter=filter, order="NAME_ASC")
    return [node["name"] for node in data["discovery"]["nodes"]]


async def publish(client: Client, **changed: Any) -> str:
    """The id of the profile that is shown then."""
    await client.act(SAVE, input=PROFILE | changed)
    return (await client.act(PUBLISH))["published"]["id"]


@pytest.fixture
async def ann(db: Any, owner: asyncpg.Connection) -> Client:
    person_id = await a_person(owner)
    return affiliate_client(db, await an_affiliate(owner, name="Ann", person_id=person_id))


async def test_an_affiliate_writes_shows_and_takes_back(client: Client, ann: Client) -> None:
    """S38."""
    draft = await ann.act(SAVE, input=PROFILE)
    assert draft["channels"][0] == PROFILE["channels"][0] | {"audience": "1200", "place": 1}
    assert (draft["niches"], draft["countries"]) == (["KITCHEN", "PETS"], ["CA", "US"])
    assert draft["published"] is None
    assert await found(client) == []

    shown = (await ann.act(PUBLISH))["published"]
    assert (shown["audience"], shown["verified"]) == ("1230", True)
    assert shown["channelKinds"] == ["BLOG", "YOUTUBE"]
    assert await found(client) == ["Ann cooks"]

    await ann.act(SAVE, input=PROFILE | {"name": "Ann bakes"})
    assert await found(client) == ["Ann cooks"]
    document = "{ myProfile { name published { name } } }"
    assert (await ann.ask(document))["myProfile"] == {
        "name": "Ann bakes",
        "published": {"name": "Ann cooks"},
    }

    for _ in range(2):
        taken_back = await ann.act(UNPUBLISH)
        assert taken_back == {
            "__typename": "ProfileDraft", "name": "Ann bakes", "published": None
        }  # fmt: skip
    assert await found(client) == []


async def test_what_is_missing_or_wrong_is_told(ann: Client) -> None:
    assert (await ann.act(UNPUBLISH))["__typename"] == "NotFound"
    incomplete = await ann.act(PUBLISH)
    assert incomplete["missing"] == ["name", "bio", "channels", "niches"]
    wrong = await ann.act(SAVE, input=PROFILE | {"countries": ["Narnia"]})
    assert wrong["field"] == "countries"


async def test_the_rooms_are_kept_apart(client: Client, ann: Client) -> None:
    for who, document in (
        (client, PUBLISH),
        (client, "{ myProfile { name } }"),
        (ann, "{ discovery { nodes { mark } } }"),
        (ann, "{ discovery(filter: {starred: true}) { nodes { name } } }"),
    ):
        (error,) = (await who.answer(document))["errors"]
        assert error["extensions"]["code"] in ("WRONG_ROOM", "FORBIDDEN")


async def test_a_brand_searches_by_word_and_by_mistyped_word(client: Client, ann: Client) -> None:
    """S38."""
    await publish(ann, bio="I test sourdough ovens and kettles.")

    for text in ("kettle", "ovens sourdough", '"sourdough ovens"', "sourdogh", "ann", "kitchen"):
        assert await found(client, search=text) == ["Ann cooks"], text
    for text in ("bicycle", "kettle -ovens", '"ovens sourdough"'):
        assert await found(client, search=text) == [], text


async def test_a_brand_narrows_what_it_finds(
    client: Client, owner: asyncpg.Connection, account_id: Any
) -> None:
    """S38."""
    blog = [{"kind": "BLOG", "url": "https://a.example.com", "audience": 50}]
    await a_published_profile(owner, name="A", channels=blog, niches=["PETS"], countries=["DE"])
    await a_published_profile(
        owner, name="B", niches=["KITCHEN", "PETS"], amazon_capable=False, verified=False
    )
    await a_published_profile(owner, name="C", niches=["TOYS"], countries=["US", "DE"])

    assert await found(client) == ["A", "B", "C"]
    assert await found(client, niches=["PETS", "TOOLS"]) == ["A", "B"]
    assert await found(client, countries=["DE"]) == ["A", "C"]
    assert await found(client, channelKinds=["BLOG", "PODCAST"]) == ["A"]
    assert await found(client, amazonCapable=True) == ["A", "C"]
    assert await found(client, verified=False) == ["B"]
    assert await found(client, minimumAudience="51") == ["B", "C"]
    assert await found(client, niches=["PETS"], countries=["US"]) == ["B"]


async def test_an_empty_search_says_what_to_loosen(
    client: Client, owner: asyncpg.Connection
) -> None:
    """S38."""
    await a_published_profile(owner, niches=["PETS"], countries=["US"])
    await a_published_profile(owner, niches=["PETS"], countries=["DE"])
    document = """query($filter: AffiliateProfileFilter) { discovery(filter: $filter) {
        nodes { name } emptyBecause { filter without } } }"""

    found = await client.ask(document, filter={"niches": ["TOYS"], "countries": ["US"]})

    told = {one["filter"]: one["without"] for one in found["discovery"]["emptyBecause"]}
    assert told == {"niches": 1, "countries": 0}


async def test_marks_are_the_accounts_own_and_narrow_the_list(
    client: Client, stranger: Client, owner: asyncpg.Connection
) -> None:
    ids = {name: await a_published_profile(owner, name=name) for name in "ABC"}
    change = """mutation($id: ID!) { %s(id: $id) {
        __typename ... on AffiliateProfile { mark } ... on NotFound { message } } }"""

    async def act(mutation: str, name: str) -> Any:
        return await client.act(change % mutation, id=f"affp_{ids[name].hex}")

    assert (await act("starAffiliate", "A"))["mark"] == "STARRED"
    assert (await act("ignoreAffiliate", "B"))["mark"] == "IGNORED"
    assert await found(client, starred=True) == ["A"]
    assert await found(client, starred=False) == ["B", "C"]
    assert await found(client, ignored=False) == ["A", "C"]
    assert await found(client, ignored=True) == ["B"]
    assert await found(stranger, starred=True) == []
    assert await found(stranger, ignored=False) == ["A", "B", "C"]
    data = await stranger.ask("{ discovery { nodes { mark } } }")
    assert data["discovery"]["nodes"] == [{"mark": None}] * 3

    assert (await act("unmarkAffiliate", "A"))["mark"] is None
    assert await found(client, starred=True) == []


async def test_partners_can_be_left_out(
    client: Client, owner: asyncpg.Connection, account_id: Any
) -> None:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    for name, status in (("A", "ACTIVE"), ("B", "ENDED"), ("C", None)):
        affiliate_id = await a_published_profile(owner, name=name)
        if status:
            await a_partnership(owner, account_id, store_id, offer_id, affiliate_id, status=status)

    assert await found(client, partner=False) == ["B", "C"]
    assert await found(client, partner=True) == ["A"]


async def test_a_record_is_shown_and_explained(client: Client, owner: asyncpg.Connection) -> None:
    new, good = await a_published_profile(owner), await a_published_profile(owner)
    await a_track_record(
        owner, good, clicks=1000, orders=30, units=40, returned_units=2, partnerships=2,
        visible_partnerships=2,
    )  # fmt: skip
    document = """query($id: ID!) { affiliateProfile(id: $id) {
        fit fitExplained record { clicks orders units returnedUnits } } }"""

    shown = (await client.ask(document, id=f"affp_{good.hex}"))["affiliateProfile"]
    assert shown["fit"] == "GOOD"
    assert "3.0% of 1,000 clicks" in shown["fitExplained"]
    assert shown["record"] == {
        "clicks": "1000", "orders": "30", "units": "40", "returnedUnits": "2"
    }  # fmt: skip
    unknown = (await client.ask(document, id=f"affp_{new.hex}"))["affiliateProfile"]
    assert (unknown["fit"], unknown["record"]) == ("UNKNOWN", None)


async def test_the_most_alike_are_ten_at_most_and_never_oneself(
    client: Client, owner: asyncpg.Connection
) -> None:
    me = await a_published_profile(owner, name="Me", niches=["PETS", "TOYS"])
    await a_published_profile(owner, name="Other", niches=["TOOLS"])
    for number in range(11):
        await a_published_profile(owner, name=f"One {number}", niches=["PETS"])
    await a_published_profile(owner, name="Both", niches=["TOYS", "PETS"])
    document = "query($id: ID!) { affiliateProfile(id: $id) { similar { name } } }"

    shown = await client.ask(document, id=f"affp_{me.hex}")
    names = [one["name"] for one in shown["affiliateProfile"]["similar"]]

    assert len(names) == 10
    assert "Both" in names
    assert not {"Me", "Other"} & set(names)


async def test_who_takes_the_profile_back_is_found_by_no_means(
    client: Client, ann: Client, owner: asyncpg.Connection, account_id: Any
) -> None:
    """S38: by no search, no id, no filter, no cursor, no edge, no mutation."""
    id = await publish(ann)
    bob = await a_published_profile(owner, name="Bob", niches=["PETS"])
    affiliate_id = ann.seat.room_id
    await a_track_record(owner, affiliate_id)
    await a_mark(owner, account_id, affiliate_id)
    listed = await client.ask(
        "{ discovery(first: 1, orderBy: NAME_ASC) { pageInfo { endCursor } nodes { name } } }"
    )
    cursor = listed["discovery"]["pageInfo"]["endCursor"]
    await ann.act(UNPUBLISH)

    documents = [
        "query($id: ID!) { node(id: $id) { id } }",
        "query($id: ID!) { affiliateProfile(id: $id) { name } }",
    ]
    for document in documents:
        assert list((await client.ask(document, id=id)).values()) == [None]
    assert (await client.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[id])) == {
        "nodes": [None]
    }
    everything: list[dict[str, Any]] = [
        {"search": "ann"}, {"search": "kitchen"}, {"niches": ["KITCHEN", "PETS"]},
        {"countries": ["US"]}, {"channelKinds": ["YOUTUBE", "BLOG"]}, {"minimumAudience": "0"},
        {"starred": True}, {"ignored": False}, {"partner": False}, {"verified": True},
        {"amazonCapable": True},
    ]  # fmt: skip
    for filter in everything:
        assert "Ann cooks" not in await found(client, **filter), filter
    for way in ("after", "before"):
        page = await client.ask(
            f"query($c: String) {{ discovery({way}: $c, orderBy: NAME_ASC) {{ totalCount"
            " nodes { name } } }",
            c=cursor,
        )
        assert page["discovery"]["totalCount"] == 1
        assert {"name": "Ann cooks"} not in page["discovery"]["nodes"]
    similar = await client.ask(
        "query($id: ID!) { affiliateProfile(id: $id) { similar { name } } }", id=f"affp_{bob.hex}"
    )
    assert similar["affiliateProfile"]["similar"] == []
    for mutation in ("starAffiliate", "ignoreAffiliate", "unmarkAffiliate"):
        document = f"mutation($id: ID!) {{ {mutation}(id: $id) {{ __typename }} }}"
        assert (await client.act(document, id=id))["__typename"] == "NotFound"
    invite = """mutation($input: InviteAffiliateInput!) { inviteAffiliate(input: $input) {
        __typename ... on NotFound { message } } }"""
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id))
    words = []
    for given in (id, "affp_" + "0" * 32):
        answer = await client.act(
            invite, input={"affiliateId": given, "offerId": f"offr_{offer_id.hex}"}
        )
        assert answer["__typename"] == "NotFound"
        words.append(answer["message"].replace(given[5:], "x"))
    assert words[0] == words[1]


async def test_the_address_of_who_is_found_is_not(
    client: Client, owner: asyncpg.Connection, account_id: Any
) -> None:
    """S38: a brand sees the address of those whom it knows, and of nobody else."""
    found_one = await a_published_profile(owner)
    document = """query($id: ID!, $person: ID!) {
        affiliateProfile(id: $id) { affiliate { email } }
        node(id: $person) { id }
        discovery { nodes { affiliate { email } } } }"""
    ids = {"id": f"affp_{found_one.hex}", "person": f"affl_{found_one.hex}"}

    data = await client.ask(document, **ids)
    assert data["affiliateProfile"]["affiliate"] is None
    assert data["node"] is None
    assert data["discovery"]["nodes"] == [{"affiliate": None}]

    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    await a_partnership(owner, account_id, store_id, offer_id, found_one)
    data = await client.ask(document, **ids)
    assert "@" in data["affiliateProfile"]["affiliate"]["email"]
    assert data["node"] == {"id": f"affl_{found_one.hex}"}


def test_no_type_that_everybody_finds_has_an_address() -> None:
    """Whatever hangs on a profile without knowing the person tells no e-mail address."""
    types = schema._schema.type_map
    for name in ("AffiliateProfile", "ProfileChannel", "TrackRecord"):
        assert not [field for field in types[name].fields if "mail" in field.lower()]


async def test_an_affiliate_sees_their_own_profile_and_no_others(
    ann: Client, owner: asyncpg.Connection
) -> None:
    other = await a_published_profile(owner)
    await a_profile_draft(owner, other)
    own = await publish(ann)

    data = await ann.ask(
        """query($own: ID!, $other: ID!, $draft: ID!) { discovery { nodes { id } }
           a: affiliateProfile(id: $own) { id fit } b: affiliateProfile(id: $other) { id }
           c: node(id: $draft) { id } }""",
        own=own, other=f"affp_{other.hex}", draft=f"pdrf_{other.hex}",
    )  # fmt: skip

    assert data["discovery"]["nodes"] == [{"id": own}]
    assert data["a"] == {"id": own, "fit": "UNKNOWN"}
    assert (data["b"], data["c"]) == (None, None)


async def test_the_audit_of_an_affiliate_says_what_was_published(
    ann: Client, owner: asyncpg.Connection
) -> None:
    await publish(ann)

    rows = await owner.fetch("SELECT action, actor FROM network_audit_entry ORDER BY at, id")

    assert [row["action"] for row in rows] == ["saveProfile", "publishProfile"]


@pytest.mark.parametrize(
    ("shown", "trade"),
    [(Category, TradeCategory), (ChannelKind, TradeKind), (DiscoveryMark, Mark)],
)
def test_the_schema_knows_every_word_of_the_trade(shown: Any, trade: Any) -> None:
    assert {word.value for word in shown} == set(trade)


async def test_two_pages_hold_everybody_once(client: Client, owner: asyncpg.Connection) -> None:
    for number in range(5):
        await a_published_profile(owner, name=f"N{number}", published_at=NOW)
    document = """query($after: String) { discovery(first: 2, after: $after) {
        nodes { name } pageInfo { endCursor hasNextPage } } }"""

    names: list[str] = []
    after = None
    while True:
        page = (await client.ask(document, after=after))["discovery"]
        names += [node["name"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert sorted(names) == [f"N{number}" for number in range(5)]
