from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.ids import WrongId, decode, encode, split

PREFIXES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=8)


@given(PREFIXES, st.uuids())
def test_an_id_comes_back_as_it_went_out(prefix: str, uuid: UUID) -> None:
    text = encode(prefix, uuid)

    assert decode(prefix, text) == uuid
    assert split(text) == (prefix, uuid)


def test_an_id_is_its_prefix_and_the_digits_of_its_uuid() -> None:
    uuid = UUID("0192f0c1-4d7c-7a3e-9f6b-1c2d3e4f5061")

    assert encode("conv", uuid) == "conv_0192f0c14d7c7a3e9f6b1c2d3e4f5061"


def test_an_id_of_another_kind_is_refused_by_name() -> None:
    text = encode("offr", UUID(int=1))

    with pytest.raises(WrongId) as refused:
        decode("conv", text)

    assert isinstance(refused.value, Refusal)
    assert refused.value.message == (
        f'"{text}" is not the id that is asked for. '
        "It is written conv_ and 32 lowercase hexadecimal digits."
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "conv",
        "conv_",
        "conv_0192f0c14d7c7a3e9f6b1c2d3e4f506",
        "conv_0192f0c14d7c7a3e9f6b1c2d3e4f50611",
        "conv_0192F0C14D7C7A3E9F6B1C2D3E4F5061",
        "conv_0192f0c1-4d7c-7a3e-9f6b-1c2d3e4f5061",
        "0192f0c14d7c7a3e9f6b1c2d3e4f5061",
        "conv_0192f0c14d7c7a3e9f6b1c2d3e4f5061\n",
        "conv_٠١92f0c14d7c7a3e9f6b1c2d3e4f5061",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(WrongId):
        decode("conv", text)
