"""Rows of a report, given to whom they belong."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.conversions.rules import Terms
from domain.links.tags import NO_SUBID, campaign_token
from domain.reports.parsing import Quarantined
from domain.reports.reader import Reader
from domain.reports.rows import Level, Row
from domain.reports.subjects import Partner, Subjects
from domain.reports.versions import NOTHING, Change, Key, Known

DAY = date(2026, 7, 1)
STORE, ONE, TWO = UUID(int=1), UUID(int=11), UUID(int=12)
TOKEN = campaign_token(STORE, ONE)
GONE = campaign_token(STORE, TWO)
AD_GROUP, LINK = UUID(int=21), UUID(int=31)
CREATIVE = "cl-p-b000000001"


def subjects() -> Subjects:
    """One affiliate of a connected store, and one of a store that was disconnected."""
    terms = Terms([], [])
    found = Subjects()
    found.partners[TOKEN] = Partner(ONE, STORE, UUID(int=3), connected=True, terms=terms)
    found.partners[GONE] = Partner(TWO, STORE, UUID(int=4), connected=False, terms=terms)
    for token, offset in ((TOKEN, 0), (GONE, 100)):
        found.ad_groups[token, NO_SUBID] = UUID(int=AD_GROUP.int + offset)
        found.links[token, NO_SUBID, CREATIVE] = UUID(int=LINK.int + offset)
    return found


def row(token: str = TOKEN, minor: int = 500, day: int = 0, **changed: Any) -> Row:
    bare = Row(DAY + timedelta(days=day), token, *(None,) * 20)
    return bare._replace(sales_minor=minor, total_sales_minor=minor)._replace(**changed)


def key(id: UUID = ONE, day: int = 0, asin: str = "", halo: bool = False) -> Key:
    return Key(id, DAY + timedelta(days=day), asin, halo)


def worth(minor: int) -> Any:
    return NOTHING._replace(sales_minor=minor, total_sales_minor=minor)


def reader(level: Level = Level.CAMPAIGN, known: dict[Key, Known] | None = None) -> Reader:
    return Reader(level, subjects(), known or {})


def test_a_new_row_a_changed_row_and_an_unchanged_one() -> None:
    """S70, S77i, S78i."""
    known = {key(day=n): Known(ONE, worth(500)) for n in (1, 2)}
    changes, strays, own_tags = reader(known=known).read([row(), row(day=1), row(minor=9, day=2)])
    assert changes == [
        Change(key(), ONE, NOTHING, worth(500)),
        Change(key(day=2), ONE, worth(500), worth(9)),
    ]
    assert strays == own_tags == []


def test_a_masked_row_is_a_change_the_first_time_and_unmasks_nobody() -> None:
    """S50, S76i."""
    reading = reader()
    (change,), _, _ = reading.read([row(minor=0)])
    assert change == Change(key(), ONE, NOTHING, NOTHING)
    assert reading.shown == set()


def test_a_first_figure_unmasks_its_own_subject_once() -> None:
    """S52, S54."""
    reading = reader()
    reading.read([row(minor=0), row(day=1), row(day=2)])
    assert reading.shown == {ONE}
    again = Reader(Level.CAMPAIGN, subjects(), {})
    again._subjects.visible.add(ONE)
    again.read([row()])
    assert again.shown == set()


@pytest.mark.parametrize(
    ("bonus", "refused", "enrolled"),
    [(300, False, True), (0, False, True), (None, False, False), (None, True, None)],
)
def test_a_refused_bonus_says_nothing_of_the_enrolment(
    bonus: int | None, refused: bool, enrolled: bool | None
) -> None:
    reading = Reader(Level.CAMPAIGN, subjects(), {}, bonus_refused=refused)
    reading.read([row(brb_minor=bonus)])
    assert reading.brb_enrolled is enrolled


def test_each_level_is_about_a_subject_of_its_own() -> None:
    """S47, S49: campaign, subID and page."""
    ids = {"ad_group_id": NO_SUBID, "creative_id": CREATIVE}
    for level, id in ((Level.CAMPAIGN, ONE), (Level.ADGROUP, AD_GROUP), (Level.CREATIVE, LINK)):
        (change,), _, _ = reader(level).read([row(**ids)])
        assert change.key == key(id)
        assert change.partnership_id == ONE


def test_a_products_promoted_and_halo_sales_are_kept_apart() -> None:
    """S64: and so are two products of one ad group."""
    reading = reader(Level.PRODUCTS)
    rows = [
        row(ad_group_id=NO_SUBID, asin=asin, halo=halo, total_sales_minor=None)
        for asin in ("B000000001", "B000000002")
        for halo in (False, True)
    ]
    changes, strays, _ = reading.read(rows)
    assert strays == []
    assert [change.key for change in changes] == [
        key(AD_GROUP, asin=asin, halo=halo)
        for asin in ("B000000001", "B000000002")
        for halo in (False, True)
    ]


@pytest.mark.parametrize(
    "name", ["Google Adwords 3", "google ", TOKEN.upper(), TOKEN + " ", "cl-c-"]
)
def test_a_row_without_a_token_of_ours_is_the_brands_own(name) -> None:
    """S66."""
    reading = reader()
    changes, strays, own_tags = reading.read([row(name, clicks=7)])
    assert changes == strays == []
    assert own_tags == [(DAY, own_tags[0][1], 7, 0, 500)]
    assert name in own_tags[0][1]
    assert (reading.own_tags, reading.sales_minor, reading.shown) == (1, 0, set())


def test_own_tags_of_one_name_stand_once_over_all_pages() -> None:
    reading = reader()
    _, _, first = reading.read([row("google"), row("google", minor=3), row("google", day=1)])
    _, _, second = reading.read([row("google")])
    assert ([tag[4] for tag in first], second) == ([500, 500], [])


@pytest.mark.parametrize(
    ("level", "changed", "named"),
    [
        (Level.CAMPAIGN, {"campaign_id": campaign_token(STORE, STORE)}, "no partnership"),
        (Level.ADGROUP, {"ad_group_id": "cl-g-aaaaaaaaaaaaaaaa"}, "cl-g-aaaaaaaaaaaaaaaa"),
        (Level.CREATIVE, {"ad_group_id": NO_SUBID, "creative_id": "cl-p-other"}, "cl-p-other"),
    ],
)
def test_what_looks_like_ours_and_is_not_is_set_apart(level, changed, named) -> None:
    """S66."""
    reading = reader(level)
    changes, (stray,), own_tags = reading.read([row(**changed)])
    assert changes == own_tags == []
    assert named in stray.reason
    assert stray.position == 0
    assert (reading.quarantined, reading.sales_minor) == (1, 0)


def test_a_row_repeated_is_one_row_and_a_contradiction_is_set_apart() -> None:
    reading = reader()
    reading.read([row()])
    changes, (stray,), _ = reading.read([row(), row(minor=501)])
    assert changes == []
    assert "other figures" in stray.reason
    assert (reading.sales_minor, stray.position) == (500, 1)


def test_rows_of_a_disconnected_store_are_passed_over() -> None:
    """S80i."""
    reading = reader()
    assert reading.read([row(GONE)]) == ([], [], [])
    assert (reading.shown, reading.sales_minor, reading.quarantined) == (set(), 0, 0)


@pytest.mark.parametrize(
    ("level", "id"),
    [
        (Level.CAMPAIGN, ONE),
        (Level.ADGROUP, AD_GROUP),
        (Level.PRODUCTS, AD_GROUP),
        (Level.CREATIVE, LINK),
    ],
)
def test_a_report_is_asked_nothing_about_a_disconnected_store(level, id) -> None:
    """S80i: else its days would be taken for vanished."""
    assert subjects().ids(level) == [id]


def test_the_bonus_is_enrolled_when_any_row_of_any_page_has_it() -> None:
    reading = reader()
    assert reading.brb_enrolled is None
    reading.read([row()])
    assert reading.brb_enrolled is False
    reading.read([row(day=1, brb_minor=0), row(day=2)])
    assert reading.brb_enrolled is True
    reading.read([row(day=3)])
    assert reading.brb_enrolled is True


def test_a_bonus_that_amazon_refused_to_tell_stays_as_it_was_told() -> None:
    """S15: else one refused question would take thirty days of bonus from the brand's figures."""
    known = {key(): Known(ONE, worth(500)._replace(brb_bonus_minor=50))}
    reading = Reader(Level.CAMPAIGN, subjects(), known, bonus_refused=True)
    changes, _, _ = reading.read([row(), row(day=1)])
    assert [(change.key.day, change.now.brb_bonus_minor) for change in changes] == [
        (DAY + timedelta(days=1), None)
    ]
    [restated], _, _ = reader(known=known).read([row()])
    assert restated.now.brb_bonus_minor is None


def test_a_level_that_cannot_have_the_bonus_tells_nothing_of_it() -> None:
    reading = reader(Level.CREATIVE)
    reading.read([row(ad_group_id=NO_SUBID, creative_id=CREATIVE)])
    assert reading.brb_enrolled is None


@pytest.mark.parametrize(
    ("day", "campaign", "spoken_of"),
    [
        (0, TOKEN, {0}),
        (None, TOKEN, {0, 1}),
        (0, None, {0}),
        (None, None, {0, 1}),
        (0, "{insertCampaign}", set()),
        (3, TOKEN, set()),
    ],
)
def test_a_row_that_could_not_be_read_is_not_missing(day, campaign, spoken_of) -> None:
    """As far as it can be told whose day it is about."""
    reading = reader(known={key(day=n): Known(ONE, worth(500)) for n in (0, 1)})
    on = None if day is None else DAY + timedelta(days=day)
    reading.set_apart([Quarantined("it is negative", 0, "{}", on, campaign)])
    assert {key.day for key in reading.spoken_of()} == {DAY + timedelta(days=n) for n in spoken_of}
