"""Every table is held to the walls around an account's rows by being there."""

from __future__ import annotations

import asyncpg
import pytest

from tests.house.catalog import RULES as ACCOUNT_RULES
from tests.house.columns import CLOSED, KEPT, SHOWN
from tests.house.lists import (
    APPEND_ONLY,
    ASKED_FROM_OUTSIDE,
    DEFINERS,
    INSTALLATIONS_OWN,
    LOOKUPS,
    NOBODYS,
    OF_NO_ACCOUNT,
    PUBLISHED,
    SECRETS,
)
from tests.house.rooms import ROOM_RULES

RULES = ACCOUNT_RULES | ROOM_RULES


@pytest.mark.parametrize("rule", RULES)
async def test_rule(schema_only: asyncpg.Connection, rule: str) -> None:
    assert await _faults(schema_only, rule) == []


@pytest.mark.parametrize("table", LOOKUPS)
async def test_a_look_up_tells_the_app_nothing_it_does_not_write(
    schema_only: asyncpg.Connection, table: str
) -> None:
    readable = await schema_only.fetch(
        """SELECT attname FROM pg_attribute
            WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
              AND has_column_privilege('clickledger_app', attrelid, attnum, 'SELECT')""",
        table,
    )
    changeable = await schema_only.fetchval(
        """SELECT has_any_column_privilege('clickledger_app', $1, 'UPDATE')
               OR has_table_privilege('clickledger_app', $1, 'DELETE')""",
        table,
    )

    allowed, _reason = LOOKUPS[table]
    assert {row["attname"] for row in readable} == allowed
    assert not changeable


async def test_the_lists_name_only_what_is_there(schema_only: asyncpg.Connection) -> None:
    tables = {
        row["relname"]
        for row in await schema_only.fetch(
            """SELECT relname FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"""
        )
    }
    functions = await schema_only.fetch("SELECT proname FROM pg_proc WHERE prosecdef")
    indexes = await schema_only.fetch("SELECT relname FROM pg_class WHERE relkind = 'i'")

    assert {*LOOKUPS, *INSTALLATIONS_OWN, *OF_NO_ACCOUNT, *APPEND_ONLY} <= tables
    assert {*NOBODYS, *PUBLISHED, *SECRETS, *SHOWN, *KEPT, *CLOSED} <= tables
    assert set(DEFINERS) <= {row["proname"] for row in functions}
    assert set(ASKED_FROM_OUTSIDE) <= {row["relname"] for row in indexes}


_WHOLE = "account_id uuid NOT NULL, id uuid NOT NULL, store_id uuid"

PLANTED = {
    "the roles can do nothing by themselves": [
        "GRANT CREATE ON SCHEMA public TO clickledger_app",
    ],
    "the roles own nothing": [
        "CREATE TABLE bad (id int); ALTER TABLE bad OWNER TO clickledger_app",
    ],
    "every table is an account's, or on a list": [
        "CREATE TABLE bad (id uuid PRIMARY KEY)",
    ],
    "row security is on and forced": [
        f"CREATE TABLE bad ({_WHOLE})",
        f"CREATE TABLE bad ({_WHOLE}); ALTER TABLE bad ENABLE ROW LEVEL SECURITY",
    ],
    "each role has its policy": [
        f"CREATE TABLE bad ({_WHOLE})",
        f"""CREATE TABLE bad ({_WHOLE});
            CREATE POLICY bad_system ON bad TO clickledger_system USING (true) WITH CHECK (true);
            CREATE POLICY bad_tenant ON bad TO clickledger_app
                USING (account_id = current_account()) WITH CHECK (true)""",
    ],
    "policies are as they were written down": [
        "CREATE POLICY more ON store TO clickledger_app USING (current_account() IS NULL)",
        "ALTER POLICY partnership_affiliate ON partnership USING (true)",
        "ALTER POLICY partnership_affiliate ON partnership TO clickledger_app",
        "ALTER POLICY affiliate_affiliate ON affiliate WITH CHECK (true)",
        "DROP POLICY decision_affiliate ON decision",
        """DROP POLICY link_affiliate ON link;
           CREATE POLICY link_affiliate ON link TO clickledger_affiliate
               USING ((account_id, partnership_id) IN
                      (SELECT account_id, id FROM partnership
                        WHERE affiliate_id = current_affiliate()))""",
    ],
    "what everybody sees was published": [
        "CREATE POLICY more ON store FOR SELECT TO clickledger_affiliate USING (true)",
        "CREATE POLICY more ON person TO clickledger_app, clickledger_system USING (true)",
        """ALTER TABLE listing DROP CONSTRAINT listing_pkey;
           ALTER TABLE listing ADD PRIMARY KEY (account_id, id)""",
    ],
    "every column is shown to affiliates, or kept": [
        "ALTER TABLE conversion ADD COLUMN bad text",  # the grant on the whole table shows it
        "ALTER TABLE partnership ADD COLUMN bad text",
        "GRANT SELECT (note) ON partnership TO clickledger_affiliate",
        "REVOKE SELECT (status) ON partnership FROM clickledger_affiliate",
        "GRANT SELECT (name) ON account TO clickledger_affiliate",
        f"CREATE TABLE bad ({_WHOLE})",
    ],
    "affiliates change nothing of an account's": [
        "GRANT UPDATE (message) ON application TO clickledger_affiliate",
        "GRANT INSERT (id) ON promotion TO clickledger_affiliate",
        "GRANT DELETE ON listing TO clickledger_affiliate",
    ],
    "of what is no account's each role has its own": [
        "GRANT UPDATE (email) ON affiliate TO clickledger_affiliate",
        "GRANT SELECT (password_hash) ON person TO clickledger_app",
        "GRANT SELECT ON session TO clickledger_app",
        "REVOKE INSERT ON mail FROM clickledger_app",
    ],
    "people's rows have a wall": [
        "GRANT SELECT (id) ON mail TO clickledger_app",
        "ALTER TABLE published_profile NO FORCE ROW LEVEL SECURITY",
    ],
    "secrets are the system's": [
        "GRANT SELECT ON api_key TO clickledger_app",
        "GRANT SELECT (password_hash) ON person TO clickledger_affiliate",
    ],
    "keys start with the account": [
        "CREATE UNIQUE INDEX bad ON store (name)",
        f"CREATE TABLE bad ({_WHOLE}, PRIMARY KEY (id))",
        f"CREATE TABLE bad ({_WHOLE})",
    ],
    "every index starts with the account": [
        "CREATE INDEX bad ON store (name)",
    ],
    "foreign keys hold the account": [
        f"""CREATE UNIQUE INDEX store_id ON store (id);
            CREATE TABLE bad ({_WHOLE}, FOREIGN KEY (store_id) REFERENCES store (id))""",
        f"""CREATE TABLE bad ({_WHOLE}, FOREIGN KEY (account_id, store_id)
            REFERENCES store (account_id, id) ON DELETE SET NULL (store_id))""",
        "ALTER TABLE duty ADD FOREIGN KEY (account_id) REFERENCES account",
    ],
    "the account is a uuid that must be there": [
        "CREATE TABLE bad (account_id uuid)",
        "CREATE TABLE bad (account_id text NOT NULL)",
    ],
    "partitions are reached through their parents": [
        "GRANT SELECT ON click_rest TO clickledger_app",
    ],
    "nothing is granted to everybody": [
        "GRANT SELECT ON store TO PUBLIC",
    ],
    "what is written once stays": [
        "GRANT UPDATE (sales_minor) ON report_row TO clickledger_app",
        "GRANT DELETE ON decision TO clickledger_system",
    ],
    "nobody empties or points at a table": [
        "GRANT TRUNCATE ON store TO clickledger_app",
    ],
    "views ask as their reader": [
        "CREATE VIEW bad AS SELECT * FROM store",
        """CREATE MATERIALIZED VIEW bad AS SELECT * FROM store;
           GRANT SELECT ON bad TO clickledger_app""",
    ],
    "functions with their owner's rights are on a list": [
        "CREATE FUNCTION bad() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "ALTER FUNCTION ensure_month_partition(text, date) RESET search_path",
        "GRANT EXECUTE ON FUNCTION ensure_month_partition(text, date) TO PUBLIC",
    ],
    "there are no triggers": [
        """CREATE TRIGGER bad BEFORE UPDATE ON store FOR EACH ROW
           EXECUTE FUNCTION suppress_redundant_updates_trigger()""",
    ],
}


@pytest.mark.parametrize(
    ("rule", "planted"), [(rule, planted) for rule, faults in PLANTED.items() for planted in faults]
)
async def test_a_planted_fault_is_found(
    schema_only: asyncpg.Connection, rule: str, planted: str
) -> None:
    await schema_only.execute(planted)

    assert await _faults(schema_only, rule) != []


def test_every_rule_has_a_planted_fault() -> None:
    assert set(PLANTED) == set(RULES)


async def _faults(connection: asyncpg.Connection, rule: str) -> list[str]:
    return [row[0] for row in await connection.fetch(RULES[rule])]
