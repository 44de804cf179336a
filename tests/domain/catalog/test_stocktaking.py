from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.listings import Listing
from domain.catalog.stocktaking import (
    MOST_KEPT_ENTRIES,
    Item,
    Product,
    Shelf,
    Shrunken,
    Stock,
    kept_entries,
    take_stock,
)

SHELF = Shelf("Fernhollow", "USD", only_brand=False)
OURS = Item("Fernhollow", "A mug", "Kitchen", "https://m.example/mug.jpg")


def a_listing(sku: str = "S1", **fields: object) -> Listing:
    values = {
        "seller_sku": sku, "asin": "B000000001", "title": "Mug", "price": "12.50", "quantity": 3,
        "fulfilment": "MERCHANT", "status": "Active",
    }  # fmt: skip
    return Listing(**(values | fields))  # type: ignore[arg-type]


def taken(
    listings: list[Listing], known: dict[str, Product] | None = None, item: Item | None = OURS,
    shelf: Shelf = SHELF, complete: bool = True, accepted: bool = False,
) -> Stock:  # fmt: skip
    items = {listing.asin: item for listing in listings if item is not None}
    return take_stock(shelf, listings, items, known or {}, complete=complete, accepted=accepted)


def after(stock: Stock, known: dict[str, Product]) -> dict[str, Product]:
    groups = (stock.added, stock.changed, stock.unchanged, stock.missed)
    return known | {product.sku: product for group in groups for product in group}


def test_a_listing_of_the_brand_becomes_a_product():
    """S40."""
    assert taken([a_listing()]).added == [
        Product(
            sku="S1",
            asin="B000000001",
            title="Mug",
            brand_name="Fernhollow",
            category="Kitchen",
            image_url="https://m.example/mug.jpg",
            price_minor=1250,
            quantity=3,
            fulfilment="MERCHANT",
            status="ACTIVE",
        )
    ]


def test_two_skus_of_an_asin_are_two_products():
    """S41."""
    stock = taken([a_listing("M"), a_listing("F", fulfilment="AMAZON", quantity=None)])

    assert [(one.sku, one.asin, one.fulfilment) for one in stock.added] == [
        ("M", "B000000001", "MERCHANT"), ("F", "B000000001", "AMAZON"),
    ]  # fmt: skip


@pytest.mark.parametrize("brand", ["fernhollow", "FERNHOLLOW", " Fernhollow "])
def test_a_brand_is_known_in_any_case(brand: str):
    assert taken([a_listing()], item=replace(OURS, brand=brand)).added


def test_another_brands_goods_are_counted_and_left_out():
    """S9."""
    stock = taken([a_listing()], item=replace(OURS, brand="Stonepath"))

    assert (stock.added, stock.other_brands) == ([], 1)


@pytest.mark.parametrize("item", [None, replace(OURS, brand=None)])
def test_goods_without_a_brand_are_taken_from_a_seller_of_one_brand_only(item: Item | None):
    assert not taken([a_listing()], item=item).added
    assert taken([a_listing()], item=item, shelf=replace(SHELF, only_brand=True)).added


def test_a_brand_once_known_need_not_be_said_again():
    known = after(taken([a_listing()]), {})

    assert taken([a_listing()], known, item=None).unchanged == list(known.values())


def test_what_amazon_leaves_out_stays_as_it_was():
    known = after(taken([a_listing(fulfilment="AMAZON", quantity=None, status="Inactive")]), {})
    bare = a_listing(title="", price=None, quantity=None, fulfilment=None, status=None)

    stock = taken([bare], known, item=None)

    assert stock.unchanged == list(known.values())


def test_a_price_that_cannot_be_read_costs_the_price_and_not_the_product():
    stock = taken([a_listing(price="12,50 EUR")])

    assert stock.added[0].price_minor is None
    assert stock.remarks[0]["sku"] == "S1"


@pytest.mark.parametrize(("quantity", "fulfilment"), [(None, "AMAZON"), (0, "MERCHANT")])
def test_fulfilment_is_guessed_from_stock_when_a_file_has_no_such_column(
    quantity: int | None, fulfilment: str
):
    stock = taken([a_listing(fulfilment=None, quantity=quantity)])

    assert stock.added[0].fulfilment == fulfilment


def test_absence_lets_a_product_go_at_the_third_complete_listing():
    known = after(taken([a_listing("S1"), a_listing("S2")]), {})
    statuses = []
    for _ in range(4):
        stock = taken([a_listing("S1")], known)
        known = after(stock, known)
        statuses.append((known["S2"].status, stock.deactivated))

    assert statuses == [("ACTIVE", 0), ("ACTIVE", 0), ("INACTIVE", 1), ("INACTIVE", 0)]
    back = taken([a_listing("S1"), a_listing("S2", status=None)], known)
    assert after(back, known)["S2"].status == "ACTIVE"


def test_absences_count_only_in_a_row():
    known = after(taken([a_listing("S1"), a_listing("S2")]), {})
    for listed in (["S1"], ["S1"], ["S1", "S2"], ["S1"], ["S1"]):
        known = after(taken([a_listing(sku) for sku in listed], known), known)

    assert (known["S2"].status, known["S2"].missed_runs) == ("ACTIVE", 2)


def test_a_listing_that_broke_off_lets_nothing_go():
    known = after(taken([a_listing("S1"), a_listing("S2")]), {})

    assert taken([a_listing("S1")], known, complete=False).missed == []


@pytest.mark.parametrize(("active", "listed", "held"), [
    (20, 9, True), (20, 10, False), (10, 4, True), (10, 5, False), (9, 1, False), (20, 0, True),
])  # fmt: skip
def test_a_listing_that_lost_more_than_half_is_held(active: int, listed: int, held: bool):
    everything = [a_listing(f"S{n}") for n in range(active)]
    known = after(taken(everything), {})

    if held:
        with pytest.raises(Shrunken, match=rf"has {listed} .* {active} were"):
            taken(everything[:listed], known)
        assert taken(everything[:listed], known, accepted=True)
        assert taken(everything[:listed], known, complete=False)
    else:
        assert len(taken(everything[:listed], known).missed) == active - listed


def test_long_lists_of_what_could_not_be_read_are_cut_and_say_so():
    entries = [{"reason": str(n)} for n in range(MOST_KEPT_ENTRIES + 7)]

    kept = kept_entries(entries)

    assert len(kept) == MOST_KEPT_ENTRIES + 1
    assert kept[-1] == {"reason": "7 more of these are not kept"}
    assert kept_entries(entries[:3]) == entries[:3]


skus = st.sets(st.sampled_from([f"S{n}" for n in range(8)]))


@given(st.lists(st.tuples(skus, st.booleans()), max_size=8))
def test_no_sequence_of_listings_loses_a_product(runs: list[tuple[set[str], bool]]):
    """S40."""
    known: dict[str, Product] = {}
    seen: set[str] = set()
    for listed, complete in runs:
        stock = taken([a_listing(sku) for sku in sorted(listed)], known, complete=complete)
        known = after(stock, known)
        seen |= listed
        assert known.keys() == seen
        assert all(known[sku].status == "ACTIVE" for sku in listed)


@given(skus, skus)
def test_a_listing_twice_changes_nothing_the_second_time(first: set[str], listed: set[str]):
    known = after(taken([a_listing(sku) for sku in sorted(first)]), {})
    rows = [a_listing(sku, title="New") for sku in sorted(listed)]
    known = after(taken(rows, known), known)

    again = taken(rows, known)

    assert (again.added, again.changed) == ([], [])
