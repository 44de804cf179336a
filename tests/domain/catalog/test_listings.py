import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.listings import Listing, UnreadableListings, from_report, from_search

US = "ATVPDKIKX0DER"
FULL_HEADER = """
item-name item-description listing-id seller-sku price quantity open-date image-url
item-is-marketplace product-id-type zshop-shipping-fee item-note item-condition zshop-category1
zshop-browse-path zshop-storefront-feature asin1 asin2 asin3 will-ship-internationally
expedited-shipping zshop-boldface product-id bid-for-featured-placement add-delete pending-quantity
fulfillment-channel merchant-shipping-group status
""".split()  # noqa: SIM905  (a list of thirty lines would be no clearer)
A_MUG = {
    "item-name": 'Mug 11" "Best Dad"',
    "seller-sku": "MUG-1",
    "price": "12.50",
    "quantity": "7",
    "asin1": "B000000001",
    "fulfillment-channel": "DEFAULT",
    "status": "Active",
    "open-date": "29/09/2025 16:19:39 BST",
}
THE_MUG = Listing("MUG-1", "B000000001", 'Mug 11" "Best Dad"', "12.50", 7, "MERCHANT", "Active")


def report(*rows: dict[str, str], header: list[str] | None = None, end: str = "\n") -> str:
    names = header or FULL_HEADER
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return end.join("\t".join(line) for line in lines) + end


def test_a_row_is_read_by_the_names_of_its_columns() -> None:
    assert from_report(report(A_MUG)).rows == [THE_MUG]
    assert from_report(report(A_MUG, header=FULL_HEADER[::-1])).rows == [THE_MUG]


def test_two_skus_of_one_asin_are_two_listings() -> None:
    """S40, S41."""
    by_amazon = A_MUG | {
        "seller-sku": "MUG-FBA",
        "fulfillment-channel": "AMAZON_NA",
        "quantity": "",
    }
    found = from_report(report(A_MUG, by_amazon)).rows

    assert [(row.seller_sku, row.asin, row.fulfilment, row.quantity) for row in found] == [
        ("MUG-1", "B000000001", "MERCHANT", 7),
        ("MUG-FBA", "B000000001", "AMAZON", None),
    ]


def test_the_british_spelling_is_the_same_column() -> None:
    header = ["fulfilment-channel" if n == "fulfillment-channel" else n for n in FULL_HEADER]
    row = A_MUG | {"fulfilment-channel": "AMAZON_EU"}
    assert from_report(report(row, header=header)).rows[0].fulfilment == "AMAZON"


def test_repeated_deprecated_columns_do_not_matter() -> None:
    gone = {"image-url", "item-note", "zshop-category1", "zshop-boldface"}
    header = ["Deprecated column" if name in gone else name for name in FULL_HEADER]
    assert from_report(report(A_MUG, header=header)).rows == [THE_MUG]


def test_trailing_columns_may_have_a_header_and_no_cells() -> None:
    text = report(A_MUG).replace("status\n", "status\tMinimum order quantity\tSell remainder\n", 1)
    assert from_report(text).rows == [THE_MUG]


@pytest.mark.parametrize(
    "gone", ["status", "price", "quantity", "item-name", "fulfillment-channel"]
)
def test_a_column_that_is_gone_leaves_its_field_unknown(gone: str) -> None:
    field = {"item-name": "title", "fulfillment-channel": "fulfilment"}.get(gone, gone)
    (row,) = from_report(report(A_MUG, header=[n for n in FULL_HEADER if n != gone])).rows
    assert getattr(row, field) == ("" if gone == "item-name" else None)
    assert row.seller_sku == "MUG-1"


def test_only_two_columns_are_needed() -> None:
    (row,) = from_report(report(A_MUG, header=["asin1", "seller-sku"])).rows
    assert row == Listing("MUG-1", "B000000001", "", None, None, None, None)


def test_windows_line_ends_a_byte_order_mark_and_blank_lines_are_understood() -> None:
    assert from_report("\ufeff" + report(A_MUG, end="\r\n") + "\r\n\r\n").rows == [THE_MUG]


def test_odd_line_separators_inside_a_title_do_not_end_the_row() -> None:
    title = "one\x0btwo\x85three\u2028four"
    (row,) = from_report(report(A_MUG | {"item-name": title})).rows
    assert row.title == title


@pytest.mark.parametrize(
    "header",
    [
        "Artikelbezeichnung\tHändler-SKU\tPreis\tMenge\tASIN 1",
        "商品名\t出品者SKU\t価格\t数量",
        "",
        "{}",
    ],
)
def test_a_header_in_another_language_is_refused_with_what_to_do(header: str) -> None:
    with pytest.raises(UnreadableListings, match="preferredReportDocumentLocale"):
        from_report(f"{header}\nTasse\tMUG-1\t12,50\t7\tB000000001\n")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seller-sku": ""}, "no SKU"),
        ({"asin1": ""}, "'MUG-2' has no ASIN"),
        ({"asin1": "b00"}, "'b00', which is no ASIN"),
        ({"seller-sku": "MUG-1"}, "'MUG-1' stands here a second time"),
    ],
)
def test_a_row_that_is_no_listing_is_kept_apart(change: dict[str, str], why: str) -> None:
    found = from_report(report(A_MUG, A_MUG | {"seller-sku": "MUG-2"} | change))

    assert found.rows == [THE_MUG]
    assert why in found.quarantined[0].reason
    assert found.quarantined[0].position == 2


def test_a_quantity_that_is_no_number_is_unknown() -> None:
    assert from_report(report(A_MUG | {"quantity": "many"})).rows[0].quantity is None


@given(st.text())
def test_no_text_crashes_the_reader(text: str) -> None:
    for body in (text, report(A_MUG) + text):
        try:
            found = from_report(body)
        except UnreadableListings:
            continue
        assert all(row.seller_sku and len(row.asin) == 10 for row in found.rows)
        assert all("\0" not in row.title for row in found.rows)


AN_ITEM: dict[str, Any] = {
    "sku": "MUG-1",
    "summaries": [
        {"marketplaceId": "A2EUQ1WTGCTBG2", "asin": "B000000009", "itemName": "Elsewhere"},
        {
            "marketplaceId": US,
            "asin": "B000000001",
            "itemName": 'Mug 11" "Best Dad"',
            "status": ["BUYABLE", "DISCOVERABLE"],
            "mainImage": {"link": "https://m.media-amazon.com/1.jpg", "height": 1, "width": 1},
        },
    ],
    "offers": [
        {"marketplaceId": US, "offerType": "B2B", "price": {"currencyCode": "USD", "amount": "9"}},
        {
            "marketplaceId": US,
            "offerType": "B2C",
            "price": {"currencyCode": "USD", "amount": "12.50"},
        },
    ],
    "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": 7}],
}


def search(*items: Any) -> bytes:
    return json.dumps({"numberOfResults": len(items), "items": items}).encode()


def test_a_search_gives_the_same_listing_as_the_report() -> None:
    assert from_search(search(AN_ITEM), US).rows == from_report(report(A_MUG)).rows


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        (
            {"fulfillmentAvailability": [{"fulfillmentChannelCode": "AMAZON_NA"}]},
            "fulfilment",
            "AMAZON",
        ),
        ({"fulfillmentAvailability": []}, "fulfilment", None),
        ({"offers": []}, "price", None),
        ({"offers": [AN_ITEM["offers"][1] | {"price": {"amount": 0.1}}]}, "price", "0.1"),
        (
            {"summaries": [AN_ITEM["summaries"][1] | {"status": ["DISCOVERABLE"]}]},
            "status",
            "Inactive",
        ),
    ],
)
def test_what_a_search_leaves_out_is_unknown(change: Any, field: str, expected: Any) -> None:
    (row,) = from_search(search(AN_ITEM | change), US).rows
    assert getattr(row, field) == expected


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (AN_ITEM | {"sku": None}, "no SKU"),
        (AN_ITEM | {"summaries": []}, "has no ASIN"),
        (AN_ITEM | {"summaries": 3}, "cannot be read"),
        ("an item", "cannot be read"),
    ],
)
def test_an_item_that_is_no_listing_is_kept_apart(item: Any, why: str) -> None:
    found = from_search(search(item, AN_ITEM), US)
    assert found.rows == [THE_MUG]
    assert why in found.quarantined[0].reason


@given(st.binary())
def test_no_bytes_crash_the_search_reader(body: bytes) -> None:
    for framed in (body, b'{"items":[' + body + b"]}"):
        try:
            from_search(framed, US)
        except UnreadableListings:
            continue
