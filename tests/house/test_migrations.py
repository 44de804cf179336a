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
from tests.factories import (
    NOW,
    a_conversion,
    a_link,
    a_partnership,
    a_product,
    a_store,
    an_account,
    an_ad_group,
    an_offer,
    insert,
)
from tests.house.statements import ROOT

FILES = sorted(MIGRATIONS.glob("*.sql"))
RELEASED = "0005_views"
"""The last migration that installations have; what comes after it meets their rows at once."""


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


@pytest.mark.parametrize("had", [RELEASED, FILES[-2].stem])
async def test_newer_migrations_go_forward_over_rows(empty: str, tmp_path: Path, had: str) -> None:
    """Every table of a version before has its rows when what came after it is applied."""
    older = [file for file in FILES if file.stem <= had]
    for file in older:
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
        "_pogo_migration": before["_pogo_migration"] + len(FILES) - len(older)
    }


async def test_a_release_needs_no_superuser(postgres_url: str, template: str) -> None:
    """As production is advised: the owner of the database may make roles, and nothing more.

    The three roles are there, made by another; `template` saw to that.
    """
    name, role = f"owned_{uuid.uuid4().hex}", f"owner_{uuid.uuid4().hex}"
    server = await asyncpg.connect(postgres_url)
    await server.execute(f"CREATE ROLE {role} LOGIN CREATEROLE")
    await server.execute(f"CREATE DATABASE {name} OWNER {role}")
    url = re.sub("//[^@]*@", f"//{role}@", postgres_url).replace("/postgres?", f"/{name}?")
    try:
        await migrate(url, months=[date(2026, 9, 1)])

        assert (await _made(url)).keys() >= {"relation partnership", "policy partnership_affiliate"}
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.execute(f"DROP ROLE {role}")
        await server.close()


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
    await a_link(owner, account_id, partnership_id)
    await a_product(owner, account_id, store_id)
    version_id = await owner.fetchval("SELECT id FROM offer_version")
    await a_conversion(owner, account_id, partnership_id, version_id, date(2026, 8, 1))
    key = {"key_hash": b"hash", "account_id": account_id, "name": "Key"}
    await insert(owner, "api_key", key)
    entry = {"account_id": account_id, "actor": "a", "action": "b", "input": {}, "at": NOW}
    await insert(owner, "audit_entry", entry)


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
