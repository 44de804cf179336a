import pytest

from domain.catalog.rules import clean_name, known_time_zone, shop_url
from domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://Shop.Example", "https://shop.example"),
        (" https://shop.example/ ", "https://shop.example"),
        ("https://shop.example/us/", "https://shop.example/us"),
    ],
)
def test_a_shops_address_is_kept_in_one_spelling(written: str, kept: str):
    assert shop_url(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "http://shop.example",
        "shop.example",
        "https://",
        "https://localhost",
        "https://127.0.0.1",
        "https://[::1",
        "https://shop.example:8443",
        "https://me:secret@shop.example",
        "https://shop.example/?utm_source=x",
        "https://shop.example/#top",
        "https://shop.example/a b",
        "https://www.amazon.com/stores/x",
        "https://amazon.de",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_public_shop_is_refused(written: str):
    with pytest.raises(InvalidInput):
        shop_url(written)


def test_a_name_is_kept_without_stray_blanks():
    assert clean_name("brand", "  Lumen  &\tTide ") == "Lumen & Tide"


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\0b"])
def test_a_name_that_is_none_is_refused(name: str):
    with pytest.raises(InvalidInput):
        clean_name("brand", name)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "America", "a\0"])
def test_an_unknown_time_zone_is_refused(zone: str):
    with pytest.raises(InvalidInput):
        known_time_zone(zone)


def test_a_known_time_zone_is_kept():
    assert known_time_zone("America/New_York") == "America/New_York"
