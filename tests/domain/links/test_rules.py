from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.links.rules import (
    SubIdRefused,
    code,
    may_lead_to,
    read_code,
    subid,
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("newsletter", "newsletter"),
        ("  spring newsletter  ", "spring newsletter"),
        ("Frühling/Blog #3 (top)", "Frühling/Blog #3 (top)"),
        ("e\u0301te", "éte"),
        ("日本語", "日本語"),
        ("50% off", "50% off"),
        ("@handle", "@handle"),
        ("a" * 100, "a" * 100),
        ("", None),
        ("   ", None),
    ],
)
def test_a_subid_is_any_text_on_one_line(text, kept):
    """S47."""
    assert subid(text) == kept


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a" * 101, "101 characters"),
        ("two\nlines", "control characters"),
        ("bell\x07", "control characters"),
        ("zero\u200bwidth", "control characters"),
        ("jane@example.com", "e-mail"),
        ("from jane@example.co.uk yesterday", "e-mail"),
        ("{clickid}", "macro"),
        ("{{ad.id}}", "macro"),
        ("${SUBID}", "macro"),
        ("[click_id]", "macro"),
        ("%%CACHEBUSTER%%", "macro"),
        ("<user>", "macro"),
    ],
)
def test_a_subid_that_is_no_place_or_campaign_is_refused(text, complaint):
    with pytest.raises(SubIdRefused, match=complaint):
        subid(text)


@given(st.text())
def test_a_subid_that_was_kept_stays_the_same(text):
    try:
        kept = subid(text)
    except SubIdRefused:
        return

    assert kept is None or (subid(kept) == kept and kept.isprintable() and len(kept) <= 100)


@given(st.binary(min_size=10, max_size=10))
def test_a_code_is_16_plain_signs(entropy):
    made = code(entropy)

    assert len(made) == 16
    assert made.isascii()
    assert made.isalnum()
    assert made == made.lower()


@given(st.lists(st.binary(min_size=10, max_size=10), unique=True))
def test_different_randomness_gives_different_codes(entropies):
    assert len({code(entropy) for entropy in entropies}) == len(entropies)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.amazon.com/dp/B0ABCD1234?maas=x&tag=maas",
        "https://www.amazon.co.uk/stores/page/1A2B3C4D-0000-4111-8222-ABCDEF012345?maas=x",
        "https://www.amazon.com/stores/Caf%C3%A9?maas=x",
    ],
)
def test_a_shopper_may_be_sent_to_amazon(address):
    """S14."""
    assert may_lead_to(address, None)


HOSTS = [
    *("evil.com", "www.amazon.com.evil.com", "evil.com/www.amazon.com", "www.amazon.com@evil.com"),
    *("www.amazon.com:pw@evil.com", "evil.com#www.amazon.com", "evil.com?www.amazon.com"),
    *(
        "evil.com\\www.amazon.com",
        "www.amazon.com\\evil.com",
        "www.amazon.com:443",
        "www.amazon.com.",
    ),
    *("www.amazon.com%2eevil.com", "www.amаzon.com", "www.amazon.com\t", " www.amazon.com", ""),
    *(
        "amazon.com",
        "WWW.AMAZON.COM",
        "127.0.0.1",
        "[::1]",
        "www.amazon.com\r\nX: y",
        "www.amazon.com\x00",
    ),
]
SCHEMES = [
    "https://",
    "http://",
    "//",
    "/\\",
    "https:/",
    "https:\\\\",
    "javascript://",
    "ftp://",
    "HTTPS://",
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("host", HOSTS)
def test_no_shopper_is_sent_elsewhere(scheme, host):
    assert not may_lead_to(f"{scheme}{host}/dp/B0ABCD1234", None)


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme != "https://"])
def test_only_https_is_followed(scheme):
    assert not may_lead_to(f"{scheme}www.amazon.com/dp/B0ABCD1234", None)


@pytest.mark.parametrize(
    "address",
    ["https://www.amazon.com", "https://www.amazon.com?x", "https://www.amazon.com/\r\nX: y"],
)
def test_an_incomplete_or_split_address_is_not_followed(address):
    assert not may_lead_to(address, None)


@given(st.text())
def test_nothing_written_before_or_after_the_host_leads_elsewhere(text):
    assert not may_lead_to(f"https://{text}.evil.com/", None)
    assert not may_lead_to(f"https://www.amazon.com{text}@evil.com", None) or text.startswith("/")


SHOP = "shop.example"


@pytest.mark.parametrize("address", ["/", "/p?v=2&clk=abc", "//evil.com/", "/@evil.com", "/%0d%0a"])
def test_a_shopper_may_be_sent_to_the_shop_of_the_link(address):
    """S43."""
    assert may_lead_to(f"https://{SHOP}{address}", SHOP)
    assert not may_lead_to(f"https://{SHOP}{address}", None)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "host",
    [
        *(
            host.replace("www.amazon.com", SHOP).replace("amazon.com", "www." + SHOP)
            for host in HOSTS
        ),
        "www.amazon.com",
        "xn--shop-example",
    ],
)
def test_a_link_to_a_shop_leads_to_its_host_alone(scheme, host):
    """S14."""
    assert not may_lead_to(f"{scheme}{host}/dp/B0ABCD1234", SHOP)


_PIECES = st.lists(
    st.one_of(
        st.sampled_from([SHOP, "www.amazon.com", "evil.com", "https://", "http://", "\r\n"]),
        st.sampled_from([*"/\\@:#?.\t\u3002x", "//", "443", "%2f"]),
        st.text(max_size=3),
    ),
    max_size=8,
)


_STARTS = ["", "https://", f"https://{SHOP}", f"https://{SHOP}/", "https://www.amazon.com/"]


@given(st.sampled_from(_STARTS), _PIECES, st.sampled_from([None, SHOP]))
def test_no_destination_outside_leaves(start, pieces, shop_host):
    """S14: a browser that reads the address as the URL standard does lands where it may."""
    address = start + "".join(pieces)

    if may_lead_to(address, shop_host):
        read = urlsplit(address)
        assert read.scheme == "https"
        assert (read.netloc == shop_host) if shop_host else (read.netloc[:11] == "www.amazon.")
        assert not set(address) & set("\r\n\t\\ ")


@given(st.binary(min_size=10, max_size=10))
def test_every_code_is_read_in_either_case(entropy):
    made = code(entropy)

    assert read_code(made) == read_code(made.upper()) == made


@pytest.mark.parametrize("text", ["", "abc", "a" * 17, "a" * 15 + "1", "a" * 15 + "\0", "İ" * 16])
def test_what_no_link_could_have_is_no_code(text):
    assert read_code(text) is None
