"""The rules that let one schema and one set of statements run on a distributed PostgreSQL too.

Plain PostgreSQL accepts all that is refused here, so only reading the SQL can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlglot
from sqlglot import exp

# What an UPDATE may call: the same on every node. COALESCE, CASE and casts are no calls.
_IMMUTABLE = (
    exp.Coalesce, exp.Case, exp.If, exp.Cast, exp.Greatest, exp.Least, exp.Nullif, exp.Lower,
    exp.Upper, exp.ArrayConcat, exp.And, exp.Or, exp.Replace,
)  # fmt: skip
_STANDING_ALONE = re.compile(r"\b(pg_notify|pg_(try_)?advisory\w+)\s*\(", re.IGNORECASE)
_IN_MIGRATIONS = {
    r"\bMERGE\s+INTO\b": "MERGE is not distributed: use INSERT .. ON CONFLICT",
    r"\bCREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\b": "no triggers: statements do it",
    r"\bCOPY\s+\w+": "no COPY: rows are staged and inserted",
    r"\bSET\s+(NULL|DEFAULT)\s*([(,;)]|ON\b|$)": "no SET NULL: the application empties the column",
    r"\bON\s+UPDATE\s+(CASCADE|SET)\b": "keys are never updated",
    r"\b(CONSTRAINT|INDEX)\s+(\w*_\d+)\b": "a name may not end in digits: shards' names do",
    r"\bGENERATED\s+\w+\s+AS\s+IDENTITY\b|\bSERIAL\b": "ids are UUIDs, not the numbers of one node",
    r"\bEXCLUDE\s+USING\b(?!\s*\w*\s*\(\s*account_id)": "an exclusion begins with account_id",
}


def faults_of_migration(sql: str) -> list[str]:
    """What is wrong with the text of a migration, as sentences with line numbers."""
    text = _blank_comments(sql)
    return [
        f"{text.count(chr(10), 0, found.start()) + 1}: {reason}: {found.group(0).strip()}"
        for pattern, reason in _IN_MIGRATIONS.items()
        for found in re.finditer(pattern, text, re.IGNORECASE | re.MULTILINE)
        # A column may be altered to have a default, or none.
        if not re.search(r"ALTER\s+COLUMN\s+\w+\s*$", text[: found.start()], re.IGNORECASE)
    ]


def faults_of_statement(sql: str, tenant_tables: set[str], *, crosses: bool) -> list[str]:
    """What is wrong with one statement. `crosses`: it is meant to look at many accounts."""
    tree = _parsed(sql)
    if not isinstance(tree, exp.Expr):
        return tree
    found = [*_updates(tree), *_inserts(tree)]
    return found if crosses else [*found, *_accountless(tree, tenant_tables, "account_id")]


def faults_of_affiliates_statement(
    sql: str, tenant_tables: set[str], published: set[str]
) -> list[str]:
    """What is wrong with a statement that is asked as an affiliate, across accounts.

    It only reads; it compares affiliate_id with a parameter, as if no policy did so too; and what
    it reads beside that is tied to it by account, unless it is published.
    """
    tree = _parsed(sql)
    if not isinstance(tree, exp.Expr):
        return tree
    changed = [
        f"{table.name} is changed by an affiliate"
        for change in tree.find_all(exp.Insert, exp.Update, exp.Delete)
        if (table := change.this.find(exp.Table)) is not None and table.name in tenant_tables
    ]
    private = tenant_tables - published
    return [*changed, *_accountless(tree, private, "affiliate_id", "account_id")]


def _parsed(sql: str) -> exp.Expr | list[str]:
    """The statement, or what already is to be said of it; nothing, of a SET."""
    if _STANDING_ALONE.search(sql) and not re.fullmatch(
        r"\s*SELECT\s+\w+\([^()]*\)\s*", sql, re.IGNORECASE
    ):
        return ["locks and notifications are statements of their own"]
    try:
        tree = sqlglot.parse_one(sql, dialect="postgres")
    except sqlglot.ParseError as error:
        return [f"cannot be read: {error}"]
    if isinstance(tree, exp.Set):
        return []
    if isinstance(tree, exp.Copy):
        return ["no COPY: rows are staged and inserted"]
    if isinstance(tree, exp.Merge):
        return ["MERGE is not distributed: use INSERT .. ON CONFLICT"]
    if not isinstance(tree, exp.Query | exp.DML):
        return [f"is no statement that is known here: {tree.key}"]
    return tree


def _updates(tree: exp.Expr) -> Iterator[str]:
    for update in tree.find_all(exp.Update):
        for column, value in _assignments(update.expressions):
            if column == "account_id":
                yield "account_id is never updated"
            for call in _calls(value):
                if not isinstance(call, exp.CurrentTimestamp):
                    yield f"UPDATE calls {_shown(call)}: only now() and immutable functions"
    for conflict in tree.find_all(exp.OnConflict):
        for column, value in _assignments(conflict.expressions):
            if column == "account_id":
                yield "account_id is never updated"
            for part in [*_calls(value), *value.find_all(exp.Parameter)]:
                yield f"an upsert takes {_shown(part)}: only its own columns and excluded's"


def _assignments(expressions: list[exp.Expr]) -> Iterator[tuple[str, exp.Expr]]:
    for expression in expressions:
        assert isinstance(expression, exp.EQ), f"SET of an unknown form: {expression.sql()}"
        targets = expression.this.expressions or [expression.this]
        for target in targets:
            yield target.name, expression.expression


def _shown(part: exp.Expr) -> str:
    return part.sql(dialect="postgres")


def _calls(value: exp.Expr) -> Iterator[exp.Expr]:
    """Calls that are not known to give the same on every node."""
    for call in value.find_all(exp.Func):
        if not isinstance(call, _IMMUTABLE):
            yield call


def _inserts(tree: exp.Expr) -> Iterator[str]:
    for insert in tree.find_all(exp.Insert):
        selects = isinstance(insert.expression, exp.Select | exp.SetOperation)
        if selects and not (insert.args.get("returning") or insert.args.get("conflict")):
            yield "INSERT .. SELECT has neither RETURNING nor ON CONFLICT"


def _accountless(tree: exp.Expr, tenant_tables: set[str], *told_by: str) -> Iterator[str]:
    """`told_by`: the columns by which a row is told to be somebody's; the first of them is compared
    with a parameter."""
    whose = told_by[0]
    read = False
    for table in tree.find_all(exp.Table):
        if table.name not in tenant_tables:
            continue
        insert = table.find_ancestor(exp.Insert)
        if insert is not None and insert.this.find(exp.Table) is table:
            columns = [column.name for column in getattr(insert.this, "expressions", [])]
            if "account_id" not in columns:
                yield f"INSERT INTO {table.name} without account_id"
        elif not _compared(table, told_by):
            yield f"{table.alias_or_name} is read without comparing its {' or '.join(told_by)}"
        else:
            read = True
    if read and not any(
        equal.find(exp.Parameter)
        and any(column.name == whose for column in equal.find_all(exp.Column))
        for equal in tree.find_all(exp.EQ)
    ):
        yield f"no {whose} is compared with a parameter"


def _compared(table: exp.Table, told_by: tuple[str, ...]) -> bool:
    """Whether one of these columns of the table is compared with something where the table stands.

    Without its table's name it counts where no second table could be meant.
    """
    scope = table.find_ancestor(exp.Select, exp.Update, exp.Delete)
    assert scope is not None, "a table stands in a statement"
    alone = len(list(_sources(scope))) == 1
    for comparison in scope.find_all(exp.EQ, exp.In, exp.Join):
        if isinstance(comparison, exp.Join):
            named = [name.name for name in comparison.args.get("using") or []]
            if set(told_by) & set(named) and _scope_of(comparison) is scope:
                return True
            continue
        for column in comparison.find_all(exp.Column):
            if column.name in told_by and (
                column.table == table.alias_or_name
                or (not column.table and alone and _scope_of(comparison) is scope)
            ):
                return True
    return False


def _scope_of(node: exp.Expr) -> exp.Expr | None:
    return node.find_ancestor(exp.Select, exp.Update, exp.Delete)


def _sources(scope: exp.Expr) -> Iterator[exp.Expr]:
    """Tables and subqueries that stand directly in the statement."""
    for source in scope.find_all(exp.Table, exp.Subquery):
        if isinstance(source, exp.Subquery) and not isinstance(
            source.parent, exp.From | exp.Join | exp.Lateral
        ):
            continue
        if _scope_of(source) is scope:
            yield source


def tenant_tables(migrations: str) -> set[str]:
    """Tables behind the second wall and the views over them, by what the migrations say."""
    return {
        *re.findall(r"guard_tenant_table\('(\w+)'\)", migrations),
        *re.findall(r"CREATE VIEW (\w+)", migrations),
    }


def _blank_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", sql)
