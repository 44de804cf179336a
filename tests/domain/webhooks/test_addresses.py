from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.webhooks.addresses import LONGEST_URL, check_url, is_public, target


def _listed(text: str) -> list[str]:
    return text.split()


PUBLIC = _listed(
    """
    1.0.0.1 1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.215.14 100.63.255.254 100.128.0.1
    126.255.255.255 128.0.0.1 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
    191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0
    198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0
    223.255.255.255 2606:4700:4700::1111 2001:4860:4860::8888 2001:200:: 2001:db7:: 2001:db9::
    2003:: 3ffe:: 3fff:1000:: 100:0:0:1:: 5eff:ffff:: 5f01:: fbff:: fe00:: fe7f::
    """
)
NOT_PUBLIC = _listed(
    """
    0.0.0.0 0.1.2.3 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.64.0.1 100.127.255.255
    127.0.0.0 127.0.0.1 127.255.255.255 169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0
    172.31.255.255 192.0.0.0 192.0.0.170 192.0.0.255 192.0.2.0 192.0.2.255 192.88.99.0
    192.88.99.255 192.168.0.0 192.168.1.1 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0
    198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0 224.0.0.251 239.255.255.255 240.0.0.0
    255.255.255.255 :: ::1 ::7f00:1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8
    ::ffff:0:127.0.0.1 ::8.8.8.8 ff:ffff:: 64:ff9b::7f00:1 64:ff9b::8.8.8.8 64:ff9b:1::
    64:ff9b:1:ffff:: 100:: 100::ffff 2001:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:1ff::
    2001:db8:: 2001:db8:ffff:: 2002:: 2002:7f00:1:: 2002:ffff:: 3fff:: 3fff:fff:: 5f00::
    5f00:ffff:: fc00:: fd00:ec2::254 fdff:: fe80:: fe80::1 fe80::1%eth0 febf:: fec0::1 feff::
    ff00:: ff02::1 ffff:: 64:ff9b:2:: 64:ff9c::1
    """
)
NO_ADDRESSES = _listed(
    """
    127.1 0x7f.1 0x7f000001 2130706433 0177.0.0.1 127.0.0.01 127.0.0.1. [::1] ::ffff:127.1
    localhost 1.2.3 1.2.3.4.5 256.1.1.1 8.8.8.8/32 8.8.8.8:53 １２７.0.0.1 fe80::1%
    """
)
NO_ADDRESSES += ["", " 8.8.8.8", "8.8.8.8\n"]


@pytest.mark.parametrize("address", PUBLIC)
def test_may_be_dialled(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC + NO_ADDRESSES)
def test_is_never_dialled(address: str) -> None:
    assert not is_public(address)


def test_there_are_enough_of_them() -> None:
    assert len({*NOT_PUBLIC, *NO_ADDRESSES}) >= 70
    assert len(set(PUBLIC)) >= 30


@given(st.ip_addresses())
def test_what_is_dialled_is_global_as_python_knows_it_too(address) -> None:
    """Ours is the stricter one: Python's has changed with its versions."""
    if is_public(str(address)):
        assert ip_address(str(address)).is_global or address.version == 6
        assert not address.is_loopback
        assert not address.is_link_local
        assert not address.is_multicast


RECEIVERS = ("http://127.0.0.1:9000", "http://localhost:9001")
OURS = ("links.example.com",)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com/",
        "https://hooks.example.com:443/a/b?c=d&e=%20f",
        "https://hooks.example.com:8443/",
        "https://HOOKS.Example.com/In",
        "https://xn--bcher-kva.example/",
        "https://a_b.example.com/",
        "https://123.example.com/",
        "https://0x7f.example/",
        "https://example.com/" + "a" * (LONGEST_URL - 20),
        "http://127.0.0.1:9000/in?x=1",
        "http://localhost:9001",
        "  https://hooks.example.com/  ",
    ],
)
def test_is_taken(url: str) -> None:
    assert check_url(url, RECEIVERS, OURS) == url.strip()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "characters"),
        ("https://example.com/" + "a" * (LONGEST_URL - 19), "characters"),
        ("hooks.example.com", "https"),
        ("//hooks.example.com", "https"),
        ("http://hooks.example.com/", "https"),
        ("HTTP://127.0.0.1:9000@evil.example/", "names and passwords"),
        ("http://127.0.0.1:9002/", "https"),
        ("http://127.0.0.1:90000/", "cannot be read"),
        ("http://127.0.0.1:9000.example.com/", "cannot be read"),
        ("https://127.0.0.1:9000/", "port"),
        ("ftp://hooks.example.com/", "https"),
        ("javascript:alert(1)", "https"),
        ("file:///etc/passwd", "https"),
        ("https://hooks.example.com:80/", "port"),
        ("https://hooks.example.com:22/", "port"),
        ("https://hooks.example.com:0/", "port"),
        ("https://hooks.example.com:/", "port"),
        ("https://hooks.example.com:99999/", "cannot be read"),
        ("https://user@hooks.example.com/", "names and passwords"),
        ("https://user:password@hooks.example.com/", "names and passwords"),
        ("https://@hooks.example.com/", "names and passwords"),
        ("https://hooks.example.com/#part", "fragment"),
        ("https://hooks.example.com/#", "fragment"),
        ("https://hooks.example.com\\@evil.example/", "blanks"),
        ("https://hooks.example.com/a b", "blanks"),
        ("https://hooks.example.com/a\nb", "blanks"),
        ("https://hooks.example.com/a\tb", "blanks"),
        ("https://hooks.example.com/\x00", "blanks"),
        ("https://bücher.example/", "xn--"),
        ("https://１２７.0.0.1/", "xn--"),
        ("https://127.0.0.1/", "number"),
        ("https://127.1/", "number"),
        ("https://127.0.0.1./", "number"),
        ("https://0x7f.1/", "number"),
        ("https://0x7f000001/", "number"),
        ("https://2130706433/", "number"),
        ("https://0177.0.0.1/", "number"),
        ("https://8.8.8.8/", "number"),
        ("https://hooks.example.0x/", "number"),
        ("https://[::1]/", "number"),
        ("https://[::ffff:127.0.0.1]/", "number"),
        ("https://[2606:4700:4700::1111]/", "number"),
        ("https://[fe80::1%25eth0]/", "number"),
        ("https://[::1/", "cannot be read"),
        ("https://localhost/", "no name of a public server"),
        ("https://intranet/", "no name of a public server"),
        ("https://a.localhost/", "no name of a public server"),
        ("https://printer.local/", "no name of a public server"),
        ("https://metadata.google.internal/", "no name of a public server"),
        ("https://router.home.arpa/", "no name of a public server"),
        ("https://hooks.example.com./", "no name of a public server"),
        ("https://hooks..example.com/", "no name of a public server"),
        ("https://-hooks.example.com/", "no name of a public server"),
        ("https://hooks%2eexample.com/", "no name of a public server"),
        ("https://a,b.example.com/", "no name of a public server"),
        ("https:///path", "no name of a public server"),
        ("https://" + "a" * 64 + ".com/", "no name of a public server"),
        ("https://links.example.com/hooks", "our own"),
        ("https://LINKS.example.com/hooks", "our own"),
    ],
)
def test_is_refused_with_a_reason(url: str, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_url(url, RECEIVERS, OURS, field="webhookUrl")
    assert refused.value.field == "webhookUrl"
    assert says in refused.value.reason.lower()


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=60))
def test_whatever_is_typed_is_taken_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://hooks.example.com/{text}"):
        try:
            found = target(url, RECEIVERS, OURS)
        except InvalidInput:
            continue
        assert found.tls
        assert found.port in (443, 8443)
        assert not found.host.rsplit(".", 1)[1].isdigit()
        assert found.path.startswith("/")
        assert "\n" not in found.path + found.host


def test_what_is_sent_says_which_host_and_path_are_meant() -> None:
    plain = target("https://HOOKS.example.com", ())
    assert (plain.authority, plain.path) == ("hooks.example.com", "/")
    other = target("https://hooks.example.com:8443/a?b", ())
    assert (other.authority, other.path) == ("hooks.example.com:8443", "/a?b")
