"""PostgreSQL reads every statement of the code against the newest schema."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import asyncpg
import pytest

from tests.house.lists import AS_AN_AFFILIATE, CROSSES
from tests.house.statements import Statement, built, stagings, statements


async def test_every_statement_fits_the_schema(schema_only: asyncpg.Connection) -> None:
    found = statements()
    assert len(found) > 50, "the statements are not found any more"
    await _make_staged_tables(schema_only)

    faults = [fault for statement in found if (fault := await _fault(schema_only, statement))]

    assert not faults, "\n".join(faults)


async def test_every_statement_is_permitted_to_one_of_the_roles(
    schema_only: asyncpg.Connection,
) -> None:
    """A grant that was forgotten shows here, before it shows in production."""
    await _make_staged_tables(schema_only)
    faults = []
    for statement in statements():
        if not statement.sql.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            continue
        refused = [await _refused(schema_only, role, statement) for role in _ROLES]
        if all(refused):
            faults.append(f"{statement.place} {refused[0]}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("role", "listed"),
    [("clickledger_affiliate", AS_AN_AFFILIATE), ("clickledger_system", CROSSES)],
)
async def test_what_looks_across_accounts_is_permitted_to_its_role(
    schema_only: asyncpg.Connection, role: str, listed: dict[str, str]
) -> None:
    found = [one for one in statements() if one.function in listed]
    assert {one.function for one in found} == set(listed)

    faults = [
        f"{one.place} {refused}"
        for one in found
        if (refused := await _refused(schema_only, role, one))
    ]

    assert not faults, "\n".join(faults)


def test_sql_is_built_only_where_building_it_is_the_job() -> None:
    assert built() == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('await tx.fetch("SELECT nmae FROM account WHERE account_id = $1", id)', "nmae"),
        ('await tx.execute("""UPDATE acount\n SET name = $1""", name)', "acount"),
        ('await db.system_row("SELECT name FROM account WHERE account_id = 1")', "uuid = integer"),
        ("await tx.fetchval(_SQL, id)", "no_such_column"),
    ],
)
async def test_a_misspelt_statement_is_shown_with_its_place(
    tmp_path: Path, schema_only: asyncpg.Connection, code: str, message: str
) -> None:
    (tmp_path / "domain").mkdir()
    constant = '_SQL: Final = "SELECT no_such_column FROM account"'
    (tmp_path / "domain" / "queries.py").write_text(f"{constant}\nasync def one(tx):\n    {code}\n")

    (statement,) = statements(tmp_path)
    fault = await _fault(schema_only, statement)

    assert fault.startswith("domain/queries.py:3 ")
    assert message in fault


def test_built_sql_is_shown_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "queries.py").write_text(
        'async def one(tx, table):\n    await tx.fetch(f"SELECT * FROM {table}")\n'
    )

    assert built(tmp_path) == ["domain/queries.py:2 hands over SQL that is not a literal"]


_ROLES = ("clickledger_app", "clickledger_affiliate", "clickledger_system")


async def _fault(connection: asyncpg.Connection, statement: Statement) -> str:
    try:
        async with connection.transaction():
            await connection.prepare(statement.sql)
    except asyncpg.PostgresError as error:
        return f"{statement.place} {type(error).__name__}: {error}"
    return ""


async def _refused(connection: asyncpg.Connection, role: str, statement: Statement) -> str:
    """What PostgreSQL says when this role plans the statement."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL ROLE {role}")
        await connection.execute(f"EXPLAIN (GENERIC_PLAN) {statement.sql}")
    except asyncpg.InsufficientPrivilegeError as error:
        return str(error)
    except asyncpg.PostgresError:
        return ""  # not a matter of grants; the other test tells
    finally:
        await transaction.rollback()
    return ""


async def _make_staged_tables(connection: asyncpg.Connection) -> None:
    """As db.staging makes them, for each of its callers."""
    made: dict[str, tuple[str, ...]] = {}
    for staging in stagings():
        assert isinstance(staging.columns, ast.Name), "stage takes a module's tuple of columns"
        columns = tuple(getattr(import_module(staging.module), staging.columns.id))
        # A session keeps the first table it made, so a second list of columns would not fit it.
        assert made.setdefault(staging.table, columns) == columns, staging.table
    for table, columns in made.items():
        await connection.execute(
            f"CREATE TEMPORARY TABLE staged_{table} AS "
            f"SELECT {', '.join(columns)} FROM {table} WITH NO DATA"
        )
        await connection.execute(f"GRANT ALL ON staged_{table} TO PUBLIC")
