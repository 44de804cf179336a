"""Letters on their way out: to a real SMTP server in this process, or into a folder."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain.duties.rules import INSTALLATION, Duty, Kind
from domain.mail import actions
from domain.mail.rules import smtp_server
from tests.stage import KEYRING, Stage
from workers.errors import GiveUp, TryAgain
from workers.jobs import do_due
from workers.mailing import send_mail
from workers.post import Post, Smtp

SENDER = "Clickledger <no-reply@example.com>"
TEXT = "Hello,\n\nLook: https://app.example/verify-email#token=" + "t0k3n" * 20 + "\n\n– Ünë\n"


@dataclass
class Mailbox:
    """What a server does with the letters that it is handed."""

    answers: list[str] = field(default_factory=list)
    """To letters, one after the other; then it takes them."""
    taken: list[EmailMessage] = field(default_factory=list)
    by_tls: list[bool] = field(default_factory=list)
    recipient_answer: str = "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert envelope.rcpt_tos == [message["To"]]
        self.taken.append(message)
        self.by_tls.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"


@asynccontextmanager
async def a_server(
    mailbox: Mailbox, from_start: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    """Its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, loop=loop, **options), "127.0.0.1", 0, ssl=from_start
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, which nobody but these tests trusts; with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """A server's."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


async def a_letter(stage: Stage, account_id: UUID | None = None) -> Duty:
    async with stage.db.system() as tx:
        mail_id = await actions.send(
            tx, KEYRING, account_id, "ann@example.com", "Is this – yours?", TEXT, stage.now()
        )
    return Duty(mail_id, Kind.SEND_MAIL, str(mail_id), account_id or INSTALLATION, {}, 1, mail_id)


async def send(stage: Stage, duty: Duty, url: str, tls: ssl.SSLContext | None = None) -> None:
    post = Post(SENDER, Smtp(smtp_server(url), tls, patience_s=3))
    await send_mail(replace(stage.deps, post=post), duty)


async def kept(stage: Stage) -> dict[str, Any]:
    return await stage.row("SELECT sealed_text, sent_at FROM mail")


@pytest.mark.parametrize("of_account", [True, False])
async def test_a_letter_goes_out_and_is_forgotten(stage: Stage, of_account: bool):
    duty = await a_letter(stage, stage.account_id if of_account else None)
    mailbox = Mailbox()
    async with a_server(mailbox) as port:
        await send(stage, duty, f"smtp://127.0.0.1:{port}")

    [message] = mailbox.taken
    assert message.get_content().replace("\r\n", "\n") == TEXT
    assert (message["Subject"], message["From"], message["To"]) == (
        "Is this – yours?", SENDER, "ann@example.com",
    )  # fmt: skip
    assert message["Message-ID"] == f"<{duty.id.hex}@example.com>"
    assert message["Date"].datetime == stage.now().replace(microsecond=0)
    assert message["Auto-Submitted"] == "auto-generated"
    assert await kept(stage) == {"sealed_text": None, "sent_at": stage.now()}


async def test_a_letter_that_has_gone_does_not_go_again(stage: Stage):
    duty, mailbox = await a_letter(stage), Mailbox()
    async with a_server(mailbox) as port:
        for _ in range(2):
            await send(stage, duty, f"smtp://127.0.0.1:{port}")

    assert len(mailbox.taken) == 1
    await stage.owner.execute("DELETE FROM mail")
    await send(stage, duty, "smtp://127.0.0.1:1")


async def test_a_letter_that_goes_twice_is_known_by_its_id(stage: Stage):
    """A worker was stopped after the server took it and before that was written down."""
    duty, mailbox = await a_letter(stage), Mailbox()
    sealed = (await kept(stage))["sealed_text"]
    async with a_server(mailbox) as port:
        for _ in range(2):
            await send(stage, duty, f"smtp://127.0.0.1:{port}")
            await stage.owner.execute("UPDATE mail SET sealed_text = $1", sealed)

    first, second = mailbox.taken
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(
    ("box", "ending"),
    [
        (lambda: Mailbox(answers=["451 busy"]), TryAgain),
        (lambda: Mailbox(answers=["554 spam"]), GiveUp),
        (lambda: Mailbox(recipient_answer="450 mailbox full"), TryAgain),
        (lambda: Mailbox(recipient_answer="550 nobody of that name"), GiveUp),
    ],
)
async def test_what_a_server_says_of_a_letter_decides_whether_it_is_tried_again(
    stage: Stage, box: Callable[[], Mailbox], ending: type[Exception]
):
    duty = await a_letter(stage)
    async with a_server(box()) as port:
        with pytest.raises(ending) as ended:
            await send(stage, duty, f"smtp://127.0.0.1:{port}")

    assert "t0k3n" not in str(ended.value)
    assert (await kept(stage))["sent_at"] is None
    async with a_server(Mailbox()) as port:
        await send(stage, duty, f"smtp://127.0.0.1:{port}")
    assert (await kept(stage))["sent_at"] is not None


async def test_a_server_that_is_away_is_tried_again(stage: Stage):
    duty = await a_letter(stage)
    with pytest.raises(TryAgain):
        await send(stage, duty, "smtp://127.0.0.1:1")


async def test_tls_is_taken_where_it_is_offered(
    stage: Stage, tls: ssl.SSLContext, trusting: ssl.SSLContext
):
    duty, mailbox = await a_letter(stage), Mailbox()
    async with a_server(mailbox, tls_context=tls) as port:
        with pytest.raises(TryAgain, match="certificate"):
            await send(stage, duty, f"smtp://127.0.0.1:{port}")
        await send(stage, duty, f"smtp://127.0.0.1:{port}", trusting)

    assert mailbox.by_tls == [True]


async def test_tls_that_is_required_and_not_offered_keeps_a_letter_here(stage: Stage):
    duty, mailbox = await a_letter(stage), Mailbox()
    async with a_server(mailbox) as port:
        with pytest.raises(TryAgain):
            await send(stage, duty, f"smtp://127.0.0.1:{port}?starttls=required")

    assert mailbox.taken == []


async def test_tls_from_the_start(stage: Stage, tls: ssl.SSLContext, trusting: ssl.SSLContext):
    duty, mailbox = await a_letter(stage), Mailbox()
    async with a_server(mailbox, from_start=tls) as port:
        await send(stage, duty, f"smtps://127.0.0.1:{port}", trusting)

    assert mailbox.by_tls == [True]


async def test_a_password_is_shown_to_the_server_and_a_wrong_one_is_for_somebody_to_mend(
    stage: Stage, tls: ssl.SSLContext, trusting: ssl.SSLContext
):
    def knows(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"ann", b"hunter2"))

    duty, mailbox = await a_letter(stage), Mailbox()
    options = {"authenticator": knows, "auth_required": True, "tls_context": tls}
    async with a_server(mailbox, **options) as port:
        with pytest.raises(TryAgain) as ended:
            await send(stage, duty, f"smtp://ann:wr0ng@127.0.0.1:{port}", trusting)
        await send(stage, duty, f"smtp://ann:hunter2@127.0.0.1:{port}", trusting)

    assert "wr0ng" not in str(ended.value)
    assert len(mailbox.taken) == 1


async def test_without_a_server_letters_lie_in_a_folder(stage: Stage):
    duty = await a_letter(stage)
    await asyncio.gather(*(send_mail(stage.deps, duty) for _ in range(8)))
    await send_mail(stage.deps, duty)

    [file] = stage.outbox.iterdir()
    assert file.name == f"{duty.id.hex}.eml"
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message.get_content().replace("\r\n", "\n") == TEXT
    assert file.stat().st_mode & 0o077 == 0 or stage.outbox.stat().st_mode & 0o077 == 0
    assert (await kept(stage))["sealed_text"] is None


async def test_what_was_promised_is_sent_by_whoever_looks(stage: Stage):
    for account_id in (None, stage.account_id):
        await a_letter(stage, account_id)

    await do_due(stage.deps)

    assert len(list(stage.outbox.iterdir())) == 2
    assert await stage.duties() == set()
