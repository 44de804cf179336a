"""Links followed, each click durable before its answer, against an application that only answers.

Both are served by granian with one process, as in production, side by side, and are measured in
turn; PostgreSQL, with fsync, and the load share the machine with them. The other answers every
visit with one and the same 302 and looks at nothing: what there is at most. Ours waits for the disk
and for two processes in turn, so the ratio says something only while nothing else runs; what a
redirect takes of the processors is told too. Afterwards every redirect is looked for in the
database.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
from rich.console import Console
from rich.progress import Progress

from bench.asking import load, servers
from bench.following import bare
from bench.following.paced import BROWSER
from domain.links.rules import code
from embedded import valkey

_LINKS, _VISITED = 100_000, 5_000
_CONNECTIONS = 64
_ROUNDS, _ROUND_S, _WARM_UP_S = 7, 3, 3
_RATE, _PACED_S = 500, 15
_SCRIPT = Path(bare.__file__).with_name("visit.lua")


async def run(url: str) -> dict[str, Any]:
    """Redirects per second, the medians of rounds; ours over the bare one's, the median of the
    rounds' ratios; and how long a visit takes when 500 come a second whatever happens."""
    data = (Path(os.environ.get("DATA_DIR", ".data")) / "bench" / "redirect").resolve()
    shutil.rmtree(data / "spool", ignore_errors=True)
    owner = await asyncpg.connect(url)
    codes = await _links(owner)
    found: dict[str, list[load.Figures]] = {"ours": [], "bare": []}
    with (
        tempfile.NamedTemporaryFile("w", prefix="clickledger-") as file,
        servers.unwound(),
        valkey(data / "valkey") as redis_url,
        Progress(console=Console(stderr=True)) as progress,
    ):
        file.write("\n".join(codes[-_VISITED:]))
        file.flush()
        env = servers.production(url, redis_url, data / "outbox")
        env["CLICK_SPOOL"] = str(data / "spool")
        ports = {"ours": servers.free_port(), "bare": servers.free_port()}
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        task = progress.add_task("following", total=_ROUNDS)
        with (
            servers.server(servers.python("api"), env, ports["ours"], data / "ours.log"),
            servers.server(
                servers.python("bench.asking.house", "bench.following.bare:app"),
                env, ports["bare"], data / "bare.log",
            ),
        ):  # fmt: skip
            for warmed in urls.values():
                _visit(warmed, file.name, _WARM_UP_S)
            answered, took = {"ours": 0, "bare": 0}, _taken(ports)
            before = await _clicks(owner)
            for number in range(_ROUNDS):
                for name in sorted(found, reverse=bool(number % 2)):
                    figures, requests = _visit(urls[name], file.name, _ROUND_S)
                    found[name].append(figures)
                    answered[name] += requests
                progress.advance(task)
            taken = {name: after - took[name] for name, after in _taken(ports).items()}
            sent_on, counted = answered["ours"], await _clicks(owner) - before
            paced = _paced(urls["ours"], file.name)
    if counted < sent_on:
        raise load.Failed(f"{sent_on} redirects, and {counted} clicks in the database")
    await owner.close()
    pairs = zip(found["ours"], found["bare"], strict=True)
    return {
        "links": len(codes),
        "connections": _CONNECTIONS,
        "rps": {name: round(median(one.rps for one in all_)) for name, all_ in found.items()},
        "p99_ms": {
            name: round(median(one.p99_ms for one in all_), 1) for name, all_ in found.items()
        },
        "ratio_limit": round(median(ours.rps / bare.rps for ours, bare in pairs), 2),
        # Of processors for one redirect; unlike the ratio, hardly another when others work beside.
        "cpu_us": {
            name: round(seconds / answered.get(name, sent_on) * 1_000_000, 1)
            for name, seconds in taken.items()
        },
        "redirects": sent_on,
        "lost": max(sent_on - counted, 0),
        f"at_{_RATE}_a_second": paced,
    }


async def _links(owner: asyncpg.Connection[asyncpg.Record]) -> list[str]:
    """The codes of links to Amazon, in the order in which they were made, yesterday: what is new is
    learnt again for a minute, and nobody makes as many in that."""
    codes = [code(os.urandom(10)) for _ in range(_LINKS)]
    await owner.execute(
        """INSERT INTO link_code (code, account_id, link_id, partnership_id, destination)
           SELECT c, a, uuidv7('-1 day'), uuidv7(), 'https://www.amazon.com/dp/B000000001?maas='
                  || 'maas_adg_api_1_static_12_1&ref_=aa_maas&tag=maas&aa_campaignid=' || c
                  || '&aa_adgroupid=' || c || '&aa_creativeid=' || c
             FROM unnest($1::text[]) c, (SELECT uuidv7() a) one""",
        codes,
    )
    await owner.execute("ANALYZE link_code")
    return codes


async def _clicks(owner: asyncpg.Connection[asyncpg.Record]) -> int:
    number: int = await owner.fetchval("SELECT count(*) FROM click")
    return number


def _visit(url: str, codes: str, seconds: int) -> tuple[load.Figures, int]:
    """As many visits as there is time for; how many were sent on. Raises Failed."""
    if shutil.which("wrk"):
        command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s"]
        command += ["-s", str(_SCRIPT), url, "--", codes, BROWSER]
    else:
        command = _own(url, codes, seconds, 0)
    said = _said(command)
    if said["broken"] != "0" or said["refused"] != "0" or said["requests"] == "0":
        raise load.Failed(f"{url}: {said}")
    rps = int(said["requests"]) / int(said["microseconds"]) * 1_000_000
    return load.Figures(rps, int(said["p99"]) / 1_000), int(said["requests"])


def _paced(url: str, codes: str) -> dict[str, float]:
    said = _said(_own(url, codes, _PACED_S, _RATE))
    if said["broken"] != "0" or said["refused"] != "0":
        raise load.Failed(f"{url}: {said}")
    return {f"{name}_ms": round(int(said[name]) / 1_000, 1) for name in ("p50", "p99", "p999")}


def _own(url: str, codes: str, seconds: int, rate: int) -> list[str]:
    words = [url, codes, str(seconds), str(rate), str(_CONNECTIONS)]
    return [sys.executable, "-m", "bench.following.paced", *words]


def _taken(ports: dict[str, int]) -> dict[str, float]:
    """Seconds of processors that the servers have taken so far, and PostgreSQL's processes."""
    folder = Path(os.environ.get("DATA_DIR", ".data")) / "bench" / "postgres"
    first = (folder / "postmaster.pid").read_text().split()[0]
    served = {f"PORT={port}".encode(): name for name, port in ports.items()}
    seconds = dict.fromkeys([*ports, "postgres"], 0.0)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            variables = set((process / "environ").read_bytes().split(b"\0"))
            names = {name for variable, name in served.items() if variable in variables}
            if fields[1] == first:
                names = {"postgres"}
            for name in names:
                seconds[name] += sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return seconds


def _said(command: Sequence[str]) -> dict[str, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise load.Failed(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
