"""The house on one machine."""

from __future__ import annotations

import socket

import pytest

from house import free_port


def test_a_port_that_is_taken_is_said_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(SystemExit, match=f"PORT={port} cannot be had"):
            free_port(str(port))

    assert free_port(str(port)) == port


@pytest.mark.parametrize("wanted", ["http", "70000", "-1"])
def test_a_port_that_is_none_is_said(wanted: str) -> None:
    with pytest.raises(SystemExit, match="PORT must be a whole number"):
        free_port(wanted)


def test_without_a_wish_any_free_port_will_do() -> None:
    assert free_port(None) != free_port("") > 0
