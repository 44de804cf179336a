"""Schema and statements keep to what a distributed PostgreSQL takes. No database is needed."""

from __future__ import annotations

import pytest

from tests.house.distributable import (
    faults_of_affiliates_statement,
    faults_of_migration,
    faults_of_statement,
    tenant_tables,
)
from tests.house.lists import AS_AN_AFFILIATE, CROSSES, INSTALLATIONS_OWN, PUBLISHED
from tests.house.statements import BUILDERS, ROOT, calls_of, statements

MIGRATIONS = sorted((ROOT / "db" / "migrations").glob("*.sql"))
TENANT_TABLES = tenant_tables("".join(file.read_text() for file in MIGRATIONS)) - set(
    INSTALLATIONS_OWN
)


def test_migrations_are_distributable() -> None:
    assert MIGRATIONS
    faults = [
        f"{file.name}:{fault}"
        for file in MIGRATIONS
        for fault in faults_of_migration(file.read_text())
    ]
    assert not faults, "\n".join(faults)


def test_statements_are_distributable() -> None:
    found = [one for one in statements() if not one.place.startswith(BUILDERS)]
    assert len(found) > 50, "the statements are not found any more"
    faults = [
        f"{one.place} {fault}"
        for one in found
        if one.function not in AS_AN_AFFILIATE
        for fault in faults_of_statement(one.sql, TENANT_TABLES, crosses=one.function in CROSSES)
    ]
    assert not faults, "\n".join(faults)


def test_what_is_asked_as_an_affiliate_names_the_affiliate() -> None:
    faults = [
        f"{one.place} {fault}"
        for one in statements()
        if one.function in AS_AN_AFFILIATE
        for fault in faults_of_affiliates_statement(one.sql, TENANT_TABLES, set(PUBLISHED))
    ]
    assert not faults, "\n".join(faults)


def test_the_lists_of_statements_have_no_dead_entry() -> None:
    needed = {
        one.function
        for one in statements()
        if faults_of_statement(one.sql, TENANT_TABLES, crosses=False)
    }
    assert {*CROSSES, *AS_AN_AFFILIATE} <= needed
    assert not CROSSES.keys() & AS_AN_AFFILIATE.keys()


def test_rows_are_copied_only_into_staged_tables() -> None:
    assert set(calls_of({"copy_records_to_table", "copy_to_table"})) == {"db/staging.py"}


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE TABLE a (b int);\nMERGE INTO a USING c ON true", "2: MERGE"),
        ("CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f()", "no triggers"),
        ("COPY a FROM '/tmp/a'", "no COPY"),
        ("FOREIGN KEY (a, b) REFERENCES c (a, b) ON DELETE SET NULL (b)", "no SET NULL"),
        ("b uuid REFERENCES c ON DELETE SET NULL,", "no SET NULL"),
        ("CONSTRAINT store_name_2 CHECK (true)", "end in digits"),
        ("CREATE INDEX store_3 ON store (account_id)", "end in digits"),
        ("id bigint GENERATED ALWAYS AS IDENTITY", "not the numbers of one node"),
        ("EXCLUDE USING gist (offer_id WITH =)", "begins with account_id"),
    ],
)
def test_a_planted_migration_is_refused(sql: str, message: str) -> None:
    (fault,) = faults_of_migration(sql)

    assert message in fault


def test_a_migration_may_speak_of_what_it_does_not_do() -> None:
    assert faults_of_migration("-- no MERGE INTO here\nALTER COLUMN a SET DEFAULT 1") == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("MERGE INTO store USING x ON true WHEN MATCHED THEN DELETE", "MERGE"),
        ("COPY store FROM STDIN", "no COPY"),
        ("CREATE TABLE x (id int)", "no statement that is known"),
        ("UPDATE store SET account_id = $2 WHERE account_id = $1", "never updated"),
        ("UPDATE store SET (account_id, name) = ($2, $3) WHERE account_id = $1", "never updated"),
        ("UPDATE store SET id = uuidv7() WHERE account_id = $1", "UUIDV7"),
        ("UPDATE store SET x = random() WHERE account_id = $1", "RAN"),
        ("UPDATE store SET x = clock_timestamp() WHERE account_id = $1", "CLOCK_TIMESTAMP"),
        ("UPDATE store SET x = now() - my_own() WHERE account_id = $1", "MY_OWN"),
        (
            "INSERT INTO slot (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = $2",
            "an upsert takes $2",
        ),
        (
            "INSERT INTO slot (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = now()",
            "an upsert takes CURRENT_TIMESTAMP",
        ),
        ("INSERT INTO store (account_id) SELECT $1", "neither RETURNING nor ON CONFLICT"),
        ("INSERT INTO store (name) VALUES ($1)", "INSERT INTO store without account_id"),
        ("SELECT * FROM store WHERE id = $1", "store is read without"),
        ("SELECT account_id FROM store ORDER BY account_id", "store is read without"),
        ("UPDATE store SET name = $1 WHERE id = $2", "store is read without"),
        ("DELETE FROM store WHERE id = $2", "store is read without"),
        (
            "SELECT 1 FROM store s JOIN brand b ON b.id = s.brand_id WHERE s.account_id = $1",
            "b is read without",
        ),
        (
            "DELETE FROM store WHERE account_id = $1 AND id IN (SELECT id FROM brand)",
            "brand is read without",
        ),
        (
            "WITH x AS (SELECT id FROM brand) SELECT 1 FROM store, x WHERE store.account_id = $1",
            "brand is read without",
        ),
        (
            "SELECT 1 FROM store s JOIN brand b ON b.account_id = s.account_id",
            "no account_id is compared with a parameter",
        ),
        ("SELECT pg_advisory_xact_lock(1) FROM store WHERE account_id = $1", "of their own"),
        ("SELECT pg_notify('a', name) FROM installation", "of their own"),
    ],
)
def test_a_planted_statement_is_refused(sql: str, message: str) -> None:
    faults = faults_of_statement(sql, TENANT_TABLES, crosses=False)

    assert [fault for fault in faults if message in fault], faults


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_advisory_xact_lock($1)",
        "SET lock_timeout = '5s'",
        "SELECT settle_days FROM installation",
        "SELECT 1 FROM store WHERE account_id = $1 AND id = ANY($2)",
        "SELECT 1 FROM store s JOIN brand b USING (account_id) WHERE s.account_id = $1",
        "SELECT 1 FROM store s JOIN brand b ON (b.account_id, b.id) = (s.account_id, s.brand_id)"
        " WHERE s.account_id = $1",
        "UPDATE store SET x = now() + interval '2 minutes', n = n + 1 WHERE account_id = $1",
        "UPDATE store SET x = CASE WHEN a THEN coalesce($2, b) END WHERE account_id = $1",
        "INSERT INTO store (account_id) SELECT $1 ON CONFLICT DO NOTHING",
        """INSERT INTO store (account_id, name) VALUES ($1, $2)
           ON CONFLICT (account_id, name) DO UPDATE SET n = store.n + excluded.n""",
    ],
)
def test_a_statement_that_is_distributable_passes(sql: str) -> None:
    assert faults_of_statement(sql, TENANT_TABLES, crosses=False) == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT account_id FROM partnership WHERE id = $1", "partnership is read without"),
        ("SELECT affiliate_id FROM partnership", "partnership is read without"),
        (
            "SELECT 1 FROM partnership p JOIN store s ON s.id = p.store_id"
            " WHERE p.affiliate_id = $1",
            "s is read without comparing its affiliate_id or account_id",
        ),
        (
            "SELECT 1 FROM partnership p JOIN store s ON s.account_id = p.account_id"
            " WHERE p.account_id = $1",
            "no affiliate_id is compared with a parameter",
        ),
        (
            "SELECT 1 FROM listing l JOIN offer o ON o.id = l.offer_id WHERE l.id = $1",
            "o is read without",
        ),
        ("UPDATE application SET state = $2 WHERE affiliate_id = $1", "changed by an affiliate"),
        ("DELETE FROM invitation WHERE affiliate_id = $1", "changed by an affiliate"),
        (
            "INSERT INTO application (account_id, affiliate_id) VALUES ($1, $2)",
            "changed by an affiliate",
        ),
    ],
)
def test_a_planted_statement_of_an_affiliate_is_refused(sql: str, message: str) -> None:
    faults = faults_of_affiliates_statement(sql, TENANT_TABLES, set(PUBLISHED))

    assert [fault for fault in faults if message in fault], faults


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT account_id FROM partnership WHERE affiliate_id = $1 AND id = $2",
        "SELECT account_id FROM listing WHERE id = $1",
        "SELECT 1 FROM partnership p JOIN store s"
        " ON (s.account_id, s.id) = (p.account_id, p.store_id) WHERE p.affiliate_id = $1",
        "UPDATE published_profile SET bio = $2 WHERE id = $1",
    ],
)
def test_a_statement_of_an_affiliate_that_names_it_passes(sql: str) -> None:
    assert faults_of_affiliates_statement(sql, TENANT_TABLES, set(PUBLISHED)) == []
