import base64
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.sealing import (
    Keyring,
    NotSealed,
    Place,
    SealingError,
    UnknownKey,
    UnusableKeys,
    WrongSeal,
)

A_KEY = base64.b64encode(bytes(range(32))).decode()
ANOTHER_KEY = base64.b64encode(bytes(range(32, 64))).decode()
OLD = Keyring.parse(f"old:{A_KEY}")
NEW = Keyring.parse(f"new:{ANOTHER_KEY},old:{A_KEY}")
HERE = Place("seller_account", "refresh_token", UUID(int=1), UUID(int=2))

places = st.builds(
    Place,
    st.sampled_from(["seller_account", "webhook"]) | st.text(max_size=8),
    st.sampled_from(["refresh_token", "secret"]) | st.text(max_size=8),
    st.sampled_from([UUID(int=1), UUID(int=2)]) | st.uuids(),
    st.sampled_from([UUID(int=1), UUID(int=2)]) | st.uuids(),
)


@given(st.text(), places)
def test_what_is_sealed_opens_in_its_place(secret: str, place: Place) -> None:
    assert NEW.open(NEW.seal(secret, place), place) == secret


@given(places, places)
def test_what_is_sealed_opens_in_no_other_place(place: Place, other: Place) -> None:
    """A ciphertext copied to another row, column, account or table is worthless there."""
    assume(place != other)
    sealed = NEW.seal("Atzr|a-refresh-token", place)

    with pytest.raises(WrongSeal):
        NEW.open(sealed, other)


@given(st.text(max_size=8), st.text(max_size=8), st.text(min_size=1, max_size=8))
def test_letters_moved_between_table_and_column_make_another_place(
    table: str, column: str, moved: str
) -> None:
    sealed = NEW.seal("secret", Place(table + moved, column, UUID(int=1), UUID(int=2)))

    with pytest.raises(WrongSeal):
        NEW.open(sealed, Place(table, moved + column, UUID(int=1), UUID(int=2)))


@given(st.data())
def test_an_altered_sign_never_opens(data: st.DataObject) -> None:
    sealed = NEW.seal("Atzr|a-refresh-token", HERE)
    at = data.draw(st.integers(0, len(sealed) - 1))
    sign = data.draw(st.sampled_from("ABCxyz019-_.=+ "))
    assume(sealed[at] != sign)

    with pytest.raises(SealingError):
        NEW.open(sealed[:at] + sign + sealed[at + 1 :], HERE)


@given(st.text())
def test_any_text_is_opened_or_refused_clearly(text: str) -> None:
    with pytest.raises(SealingError):
        NEW.open(text, HERE)


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    assert len({NEW.seal("secret", HERE) for _ in range(100)}) == 100


def test_an_old_key_still_opens() -> None:
    sealed = OLD.seal("secret", HERE)

    assert NEW.open(sealed, HERE) == "secret"


def test_a_key_that_is_gone_is_named() -> None:
    with pytest.raises(UnknownKey, match="'new'"):
        OLD.open(NEW.seal("secret", HERE), HERE)


def test_another_key_under_the_same_id_does_not_open() -> None:
    with pytest.raises(WrongSeal):
        Keyring.parse(f"old:{ANOTHER_KEY}").open(OLD.seal("secret", HERE), HERE)


def test_neither_keys_nor_secrets_show_in_messages() -> None:
    assert A_KEY not in repr(NEW)
    assert "bytes" not in repr(NEW)
    with pytest.raises(WrongSeal) as refused:
        OLD.open(OLD.seal("Atzr|canary", HERE), Place("a", "b", UUID(int=1), UUID(int=2)))
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no colon"),
        (A_KEY, "no colon"),
        (f"k:{A_KEY},k:{ANOTHER_KEY}", "Key 2 repeats an id"),
        ("k:short", "not base64"),
        (f"k:{base64.b64encode(bytes(16)).decode()}", "16 bytes instead of 32"),
        (f"a.b:{A_KEY}", "cannot be the id"),
    ],
)
def test_keys_that_cannot_be_used_are_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(UnusableKeys, match=why) as refused:
        Keyring.parse(text)
    assert A_KEY not in str(refused.value)


@pytest.mark.parametrize("sealed", ["v2.new.AAAA.BBBB", "v1.new.AAAA", "v1.new.AAAA.BBBB"])
def test_another_form_is_not_a_sealed_secret(sealed: str) -> None:
    with pytest.raises(NotSealed):
        NEW.open(sealed, HERE)
    with pytest.raises(NotSealed):
        NEW.open(sealed.replace("v1.new.AAAA.BBBB", "v1.new.AA"), HERE)
