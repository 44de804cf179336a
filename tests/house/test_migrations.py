"""Migrations go forward only, under a lock, any number of times, and with rows in the tables."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tomllib
import uuid
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from shutil import copy

import asyncpg
import pytest
from pogo_core.util import migrate as pogo

from db.migrate import MIGRATIONS, migrate
from tests.factories import a_partnership, a_store, an_account, an_ad_group, an_offer
from tests.house.statements import ROOT

FILES = sorted(MIGRATIONS.glob("*.sql"))


@pytest.fixture
async def empty(postgres_url: str) -> AsyncIterator[str]:
    """The URL of a database in which nothing has been made yet."""
    name = f"empty_{uuid.uuid4().hex}"
    server = await asyncpg.connect(postgres_url)
    await server.execute(f"CREATE DATABASE {name}")
    yield postgres_url.replace("/postgres?", f"/{name}?")
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


async def test_a_second_run_changes_nothing(empty: str) -> None:
    months = [date(2026, 9, 1)]
    await migrate(empty, months)
    before = await _made(empty)

    await migrate(empty, months)

    assert await _made(empty) == before


async def test_releases_at_once_are_one_after_the_other(empty: str) -> None:
    months = [date(2026, 9, 1)]
    await asyncio.gather(migrate(empty, months), migrate(empty, months), migrate(empty, months))
    before = await _made(empty)

    await migrate(empty, months)

    assert await _made(empty) == before


async def test_the_newest_migration_goes_forward_over_rows(empty: str, tmp_path: Path) -> None:
    """Every table of the version before has its rows when the newest migration comes."""
    for file in FILES[:-1]:
        copy(file, tmp_path)
    owner = await asyncpg.connect(empty)
    try:
        await pogo.apply(owner, tmp_path, schema_name="public")
        await _fill(owner)
        before = await _rows(owner)
        assert sum(before.values()) > 8

        await migrate(empty)

        after = await _rows(owner)
    finally:
        await owner.close()
    assert {table: after[table] for table in before} == before | {
        "_pogo_migration": before["_pogo_migration"] + 1
    }


def test_the_files_are_one_line_of_migrations() -> None:
    """Each is numbered and depends on the one before it."""
    names = [file.stem for file in FILES]
    depends = [re.search(r"^-- depends:(.*)$", file.read_text(), re.MULTILINE) for file in FILES]

    assert [name[:4] for name in names] == [f"{n:04}" for n in range(1, len(names) + 1)]
    assert [found and found.group(1).strip() for found in depends] == ["", *names[:-1]]


def test_squawk_finds_nothing() -> None:
    squawk = Path(sys.executable).parent / "squawk"
    run = subprocess.run([squawk, *FILES], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr


def test_what_squawk_may_not_say_has_its_reason() -> None:
    text = (ROOT / ".squawk.toml").read_text()

    for rule in tomllib.loads(text)["excluded_rules"]:
        assert re.search(rf'"{rule}",\s+# .{{20,}}', text), f"{rule} is excluded without a reason"


async def _fill(owner: asyncpg.Connection) -> None:
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id)
    await an_ad_group(owner, account_id, partnership_id)


async def _rows(owner: asyncpg.Connection) -> dict[str, int]:
    tables = await owner.fetch(
        """SELECT relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
              AND NOT relispartition"""
    )
    return {
        row["relname"]: await owner.fetchval(f"SELECT count(*) FROM {row['relname']}")
        for row in tables
    }


async def _made(url: str) -> dict[str, int]:
    """Everything in the schema, by name, with its number in the catalog: made anew is another."""
    owner = await asyncpg.connect(url)
    try:
        found = await owner.fetch(
            """SELECT 'relation ' || relname AS name, oid FROM pg_class
                WHERE relnamespace = 'public'::regnamespace
               UNION ALL
               SELECT 'policy ' || polname, oid FROM pg_policy
               UNION ALL
               SELECT 'constraint ' || conname || ' ' || conrelid::regclass, oid FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace
               UNION ALL
               SELECT 'function ' || oid::regprocedure, oid FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace"""
        )
    finally:
        await owner.close()
    return {row["name"]: row["oid"] for row in found}
