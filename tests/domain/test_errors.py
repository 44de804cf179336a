from __future__ import annotations

from contextlib import contextmanager

import pytest

from domain.errors import InvalidInput, NotFound, Refusal, excerpt


def test_a_refusal_reads_as_its_message():
    refusal = InvalidInput("name", "Give it a name.")

    assert str(refusal) == refusal.message == "name: Give it a name."


def test_not_found_names_what_was_looked_for():
    assert "link link_123" in NotFound("link", "link_123").message


def test_a_refusal_passes_through_a_context_manager():
    """Python writes the traceback onto it there, which a frozen dataclass would not survive."""

    @contextmanager
    def transaction():
        yield

    with pytest.raises(Refusal) as caught, transaction():
        raise NotFound("offer", "offr_1")

    assert hash(caught.value) == hash(caught.value)


def test_an_excerpt_is_short_and_printable():
    shown = excerpt("a\r\n\x1b[31m" + "b" * 200)

    assert len(shown) == 80
    assert shown.isprintable()
    assert shown.endswith("…")


def test_a_short_text_is_shown_as_it_is():
    assert excerpt("Größe 42") == "Größe 42"
