"""What receivers can do to us: nothing. On loopback; no public address is ever dialled."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import time
from collections.abc import Sequence

import pytest
import uvloop

from domain.webhooks.rules import KEPT_OF_AN_ANSWER, Answer
from tests.receivers import Received, Receiver, a_receiver
from workers.sending import addresses
from workers.sending.exchange import MOST_PARTS, MOST_READ
from workers.sending.sender import MOST_DIALLED, Line, Patience, Sender, TooLate

QUICK = Patience(connect_s=0.2, whole_s=0.4)


async def sent(sender: Sender, url: str, body: bytes = b"{}", *, late: bool = False) -> Answer:
    line = sender.line(url)
    try:
        return await post(line, body, late=late)
    finally:
        line.close()


async def post(line: Line, body: bytes = b"{}", *, late: bool = False) -> Answer:
    return await line.post(lambda: [("webhook-id", "evnt_1")], body, lambda: not late)


def to(receiver: Receiver, patience: Patience = QUICK) -> Sender:
    return Sender([receiver.origin], patience=patience)


async def test_a_body_arrives_as_it_was_handed_over() -> None:
    async with a_receiver(status=204, body=b"") as receiver:
        body = '{"ü": "\u0000\U0001f600"}'.encode()
        answer = await sent(to(receiver), f"{receiver.origin}/hooks/a?b=%20c", body)
    [got] = receiver.seen
    assert (got.path, got.body) == ("/hooks/a?b=%20c", body)
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == receiver.origin.removeprefix("http://")
    assert (answer.status, answer.error, answer.response) == (204, None, "")


async def test_a_connection_is_kept_between_two_deliveries_and_no_longer_than_the_line() -> None:
    async with a_receiver() as receiver:
        line = to(receiver).line(receiver.origin)
        for _ in range(3):
            assert (await post(line)).status == 200
        line.close()
        assert receiver.connections == 1


async def test_a_kept_connection_that_the_receiver_has_closed_costs_no_failure() -> None:
    async with a_receiver() as receiver:

        async def hang_up(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
            writer.write(receiver.answer())
            await writer.drain()
            if len(receiver.seen) == 2:
                writer.close()

        receiver.react = hang_up
        line = to(receiver).line(receiver.origin)
        for _ in range(2):
            await post(line)
        assert (await post(line)).status == 200
        line.close()
        assert receiver.connections == 2


@pytest.mark.parametrize(
    ("raw", "connections"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 1),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", 2),
        (b"HTTP/1.1 200 OK\r\n\r\nok", 2),
        (b"HTTP/1.0 200 OK\r\n\r\nok", 2),
    ],
)
async def test_every_way_in_which_http_ends_an_answer_is_understood(
    raw: bytes, connections: int
) -> None:
    async def answer(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        if connections == 2:
            writer.close()

    async with a_receiver(react=answer) as receiver:
        line = to(receiver).line(receiver.origin)
        answers = [await post(line) for _ in range(2)]
        line.close()
    assert [(one.status, one.response) for one in answers] == [(200, "ok")] * 2
    assert receiver.connections == connections


@pytest.mark.parametrize("status", [199, 301, 302, 307, 400, 410, 500, 503])
async def test_only_2xx_is_success_and_nothing_is_followed(status: int) -> None:
    async with a_receiver() as other, a_receiver(status=status) as receiver:
        receiver.headers = {"Location": other.origin, "Retry-After": "7"}
        answer = await sent(to(receiver), receiver.origin)
    assert not answer.succeeded
    assert other.seen == []
    if status > 199:
        assert (answer.status, answer.retry_after) == (status, "7")


async def slow_head(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
    for sign in b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000:
        writer.write(bytes([sign]))
        await asyncio.sleep(0.02)


async def slow_body(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await asyncio.sleep(0.02)


async def endless_head(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-A: b\r\n" * 1000)
        await writer.drain()


async def endless_informations(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0)


async def reset(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
    linger = b"\1\0\0\0\0\0\0\0"
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def half_open(got: Received, reader: asyncio.StreamReader, writer: object) -> None:
    await reader.read()


async def nonsense(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 smtp.example.com ESMTP\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize(
    ("react", "timed_out"),
    [
        (slow_head, True),
        (slow_body, True),
        (half_open, True),
        (endless_informations, False),
        (endless_head, False),
        (reset, False),
        (nonsense, False),
    ],
)
async def test_a_hostile_receiver_is_a_failed_attempt_in_time(react, timed_out: bool) -> None:
    async with a_receiver(react=react) as receiver:
        begun = time.monotonic()
        answer = await sent(to(receiver), receiver.origin)
    assert time.monotonic() - begun < 5
    assert not answer.succeeded
    assert answer.status is None
    assert answer.error
    assert answer.timed_out == timed_out


async def test_of_an_endless_answer_a_little_is_read_and_its_status_counts() -> None:
    written = 0

    async def endless(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"4000\r\n" + bytes(0x4000) + b"\r\n")
            await writer.drain()
            written += 0x4000

    async with a_receiver(react=endless) as receiver:
        answer = await sent(to(receiver, Patience()), receiver.origin)
        await asyncio.sleep(0.05)
    assert answer.status == 500
    assert answer.response == "\N{REPLACEMENT CHARACTER}" * KEPT_OF_AN_ANSWER
    assert MOST_READ <= written < 20_000_000


async def test_of_an_answer_in_tiny_pieces_only_so_many_are_read() -> None:
    async def crumbs(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"1\r\nx\r\n" * (MOST_PARTS + 100) + b"0\r\n\r\n")

    async with a_receiver(react=crumbs) as receiver:
        answer = await sent(to(receiver), receiver.origin)
    assert (answer.status, answer.response) == (200, "x" * MOST_PARTS)


def test_a_kept_connection_that_was_reset_costs_no_failure() -> None:
    """On the loop that workers have, whose closed connections refuse to be written to."""

    async def twice() -> list[Answer]:
        async with a_receiver() as receiver:

            async def hang_up(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
                writer.write(receiver.answer())
                await writer.drain()
                if len(receiver.seen) == 1:
                    asyncio.get_running_loop().call_later(
                        0.05, asyncio.ensure_future, reset(got, reader, writer)
                    )

            receiver.react = hang_up
            line = to(receiver).line(receiver.origin)
            first = await post(line)
            await asyncio.sleep(0.2)
            answers = [first, await post(line)]
            line.close()
            assert receiver.connections == 2
            return answers

    assert [one.status for one in uvloop.run(twice())] == [200, 200]


async def test_a_gzip_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    async with a_receiver(status=500, body=bomb) as receiver:
        receiver.headers = {"Content-Encoding": "gzip"}
        answer = await sent(to(receiver), receiver.origin)
        assert receiver.seen[0].headers["accept-encoding"] == "identity"
    assert answer.status == 500
    assert answer.response is not None
    assert len(answer.response) <= KEPT_OF_AN_ANSWER


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
        answer = await sent(Sender([origin], patience=QUICK), origin)
    assert answer.error == "The connection failed: ConnectionRefusedError."


async def test_what_is_too_late_is_not_sent() -> None:
    async with a_receiver() as receiver:
        with pytest.raises(TooLate):
            await sent(to(receiver), receiver.origin, late=True)
    assert receiver.seen == []


class Network:
    """A resolver that answers as it is told, and a connect that only remembers."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[object, int]] = []
        self.dialled: list[tuple[str, int, str | None]] = []

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers[len(self.asked) - 1]

    async def dial(
        self, address: str, port: int, tls: ssl.SSLContext | None, name: str | None
    ) -> addresses.Stream:
        assert tls is not None
        assert tls.check_hostname
        self.dialled.append((address, port, name))
        raise ConnectionRefusedError

    def sender(self) -> Sender:
        return Sender(patience=QUICK, resolve=self.resolve, dial=self.dial)


async def test_a_name_that_turns_to_loopback_is_looked_up_for_each_attempt_and_refused() -> None:
    """The address that was checked is the one that is dialled; TLS is for the name."""
    network = Network(["93.184.215.14"], ["127.0.0.1"], ["2606:4700:4700::1111"])
    line = network.sender().line("https://hooks.example.com/x")

    answers = [await post(line) for _ in range(3)]

    assert network.asked == [("hooks.example.com", 443)] * 3
    assert all(isinstance(host, str) for host, _ in network.asked)
    assert network.dialled == [
        ("93.184.215.14", 443, "hooks.example.com"),
        ("2606:4700:4700::1111", 443, "hooks.example.com"),
    ]
    assert answers[1].error == "The host leads to an address that is not public."


@pytest.mark.parametrize(
    "answers",
    [
        ["93.184.215.14", "127.0.0.1"],
        ["10.0.0.1", "93.184.215.14"],
        ["2606:4700:4700::1111", "::ffff:93.184.215.14"],
        ["93.184.215.14", "fe80::1%eth0"],
        ["169.254.169.254"],
        [],
    ],
)
async def test_one_bad_address_refuses_all(answers: list[str]) -> None:
    network = Network(answers)
    assert (await sent(network.sender(), "https://hooks.example.com/")).error
    assert network.dialled == []
    assert len(network.asked) == 1


async def test_a_kept_connection_is_used_while_the_name_leads_to_its_address() -> None:
    network = Network(["93.184.215.14"], ["93.184.215.14"], ["93.184.215.15"])
    dialled: list[str] = []
    async with a_receiver() as receiver:
        port = int(receiver.origin.rpartition(":")[2])

        async def dial(address: str, *_: object) -> addresses.Stream:
            dialled.append(address)
            return await asyncio.open_connection("127.0.0.1", port)

        sender = Sender(patience=QUICK, resolve=network.resolve, dial=dial)
        line = sender.line("https://hooks.example.com/x")
        answers = [await post(line) for _ in range(3)]
        line.close()

    assert [one.status for one in answers] == [200] * 3
    assert dialled == ["93.184.215.14", "93.184.215.15"]


async def test_the_next_address_is_tried_when_one_does_not_take_us() -> None:
    network = Network(["2606:4700:4700::1111", "93.184.215.14"])
    await sent(network.sender(), "https://hooks.example.com:8443/")
    assert [address for address, _, _ in network.dialled] == network.answers[0]
    assert network.dialled[0][1] == 8443


async def test_of_a_great_many_addresses_few_are_tried() -> None:
    network = Network([f"93.184.215.{number}" for number in range(1, 201)])
    assert (await sent(network.sender(), "https://hooks.example.com/")).error
    assert len(network.dialled) == MOST_DIALLED


async def test_a_lookup_without_end_ends_in_time() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    answer = await sent(Sender(patience=QUICK, resolve=never), "https://hooks.example.com/")
    assert (answer.error, answer.timed_out) == ("No connection came about in time.", True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "https://localhost/", "https://[::1]/"])
async def test_a_url_that_would_not_be_taken_is_not_sent_to_either(url: str) -> None:
    """Also one that was taken while a rehearsal allowed it."""
    network = Network()
    assert (await sent(network.sender(), url)).error
    assert (network.asked, network.dialled) == ([], [])


async def test_a_certificate_for_another_name_is_refused(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the machine's own resolver and connect, led to a server on loopback by the test."""
    key, certificate = certified(tmp_path, "other.example.com")
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    greeted: list[str | None] = []
    server_side.sni_callback = lambda _socket, name, _context: greeted.append(name)
    received = Receiver()
    server = await asyncio.start_server(received.take, "127.0.0.1", 0, ssl=server_side)
    port = server.sockets[0].getsockname()[1]

    async def resolve(host: str, _: int) -> Sequence[str]:
        return ["93.184.215.14"]

    async def dial(
        address: str, _: int, tls: ssl.SSLContext | None, name: str | None
    ) -> addresses.Stream:
        return await addresses.dial("127.0.0.1", port, tls, name)

    sender = Sender(resolve=resolve, dial=dial)
    sender.tls.load_verify_locations(certificate)
    async with server:
        wrong = await sent(sender, "https://hooks.example.com/")
        right = await sent(sender, "https://other.example.com/")
    assert "certificate is not valid" in (wrong.error or "")
    assert right.status == 200
    assert greeted == ["hooks.example.com", "other.example.com"]
    assert [one.headers["host"] for one in received.seen] == ["other.example.com"]


def certified(folder, name: str) -> tuple[str, str]:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key_file, file = folder / "key.pem", folder / "certificate.pem"
    key_file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    file.write_bytes(certificate.public_bytes(pem))
    return str(key_file), str(file)
