from __future__ import annotations

import pytest

from domain.mail.rules import BadSmtpUrl, SmtpServer, smtp_server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 587, False, False)),
        ("smtp://127.0.0.1:1025/", SmtpServer("127.0.0.1", 1025, False, False)),
        ("smtps://mail.example.com", SmtpServer("mail.example.com", 465, True, True)),
        (
            "smtp://mail.example.com:25?starttls=required",
            SmtpServer("mail.example.com", 25, False, True),
        ),
        (
            "smtp://ann%40example.com:p%3Aw@mail.example.com",
            SmtpServer("mail.example.com", 587, False, True, "ann@example.com", "p:w"),
        ),
        ("smtp://u:p@localhost", SmtpServer("localhost", 587, False, False, "u", "p")),
        ("smtp://u:p@[::1]:2525", SmtpServer("::1", 2525, False, False, "u", "p")),
    ],
)
def test_an_address_names_a_server_and_a_password_goes_by_tls(url: str, server: SmtpServer):
    assert smtp_server(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:hunter2",
        "smtp://host/hunter2", "smtp://hunter2@host", "smtp://host?starttls=no",
        "smtp://host?hunter2", "smtp://[hunter2", "smtps://host?starttls=required&hunter2=1",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_being_quoted(url: str):
    with pytest.raises(BadSmtpUrl) as refused:
        smtp_server(url)
    assert "hunter2" not in str(refused.value)


def test_a_password_is_not_shown():
    assert "hunter2" not in repr(smtp_server("smtps://ann:hunter2@mail.example.com"))
