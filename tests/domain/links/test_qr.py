"""A QR code is read back here, module by module, by the standard and not by who drew it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from domain.links.qr import svg

SVG = "{http://www.w3.org/2000/svg}"
MASKS = (
    lambda r, c: (r + c) % 2,
    lambda r, c: r % 2,
    lambda r, c: c % 3,
    lambda r, c: (r + c) % 3,
    lambda r, c: (r // 2 + c // 3) % 2,
    lambda r, c: r * c % 2 + r * c % 3,
    lambda r, c: (r * c % 2 + r * c % 3) % 2,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2,
)
CORRECTION = {0b00: "M", 0b01: "L", 0b10: "H", 0b11: "Q"}


def modules(picture):
    """The dark modules (row, column) within the quiet zone of four, and the width in modules."""
    root = ElementTree.fromstring(picture)
    _, _, width, height = map(int, root.attrib["viewBox"].split())
    assert width == height
    background, drawn = root.findall(f"{SVG}path")
    assert background.attrib["fill"] == "#fff"
    assert drawn.attrib["stroke"] == "#000"
    dark, x, y = set(), 0.0, 0.0
    for command, numbers in re.findall(r"([Mmh])([^Mmh]*)", drawn.attrib["d"]):
        values = [float(number) for number in numbers.replace("-", " -").split()]
        if command == "h":
            dark |= {(int(y) - 4, int(x) - 4 + step) for step in range(int(values[0]))}
            x += values[0]
        else:
            x, y = values if command == "M" else (x + values[0], y + values[1])
    return dark, width - 8


def read(picture):
    """Correction level and text of a code of version 1 to 6 that has a single block of bytes."""
    dark, size = modules(picture)
    assert size in range(21, 42, 4)
    form = sum(((8, column) in dark) << 4 - column for column in range(5)) ^ 0b10101
    mask = MASKS[form & 7]
    corner = size - 9

    def is_data(row, column):
        if row == 6 or column == 6 or (row > 8 and column == 8 and row == size - 8):
            return False
        if (row < 9 and (column < 9 or column >= size - 8)) or (row >= size - 8 and column < 9):
            return False
        return size == 21 or not (corner <= row < corner + 5 and corner <= column < corner + 5)

    bits, upwards = [], True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for row in range(size - 1, -1, -1) if upwards else range(size):
            for column in (right, right - 1):
                if is_data(row, column):
                    bits.append(((row, column) in dark) ^ (mask(row, column) == 0))
        upwards = not upwards

    def number(start, length):
        return int("".join("01"[bit] for bit in bits[start : start + length]), 2)

    assert number(0, 4) == 0b0100, "bytes"
    length = number(4, 8)
    text = bytes(number(12 + 8 * at, 8) for at in range(length)).decode()
    return CORRECTION[form >> 3], text


@pytest.mark.parametrize(
    "address", ["https://a.co/l/abcdefghij", "https://links.example/l/abcdefghijklmnop"]
)
def test_a_code_says_the_address_and_bears_some_loss(address):
    """S46."""
    assert read(svg(address)) in {("M", address), ("Q", address)}


def test_a_picture_is_of_any_size():
    root = ElementTree.fromstring(svg("https://links.example/l/abcdefghijklmnop"))

    assert root.tag == f"{SVG}svg"
    assert not {"width", "height"} & root.attrib.keys()
