"""Every SQL statement in the code, found by reading the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TAKES_SQL = {"fetch", "fetchrow", "fetchval", "execute", "executemany", "cursor", "system_row"}
# These build SQL from names of the code's own: plumbing, and the compiler of the reads.
BUILDERS = ("db/", "schema/reading/", "schema/context.py", "schema/act.py")
_FOLDERS = ("api", "db", "domain", "schema", "workers")


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    place: str
    """file:line, as a person clicks it."""
    function: str
    """file:function, as the lists of exceptions name it."""


@dataclass(frozen=True, slots=True)
class Staging:
    """A call of `stage`: the table, and where the code that says its columns is."""

    table: str
    columns: ast.expr
    module: str


def statements(root: Path = ROOT) -> list[Statement]:
    return [
        Statement(sql, f"{file}:{call.lineno}", f"{file}:{function}")
        for file, tree in _modules(root)
        for call, function in _calls(tree)
        if (sql := _literal(tree, call)) is not None
    ]


def built(root: Path = ROOT) -> list[str]:
    """Places outside the builders that hand over SQL that is no literal."""
    return [
        f"{file}:{call.lineno} hands over SQL that is not a literal"
        for file, tree in _modules(root)
        if not file.startswith(BUILDERS)
        for call, _ in _calls(tree)
        if _literal(tree, call) is None
    ]


def stagings(root: Path = ROOT) -> list[Staging]:
    return [
        Staging(node.args[1].value, node.args[2], file.removesuffix(".py").replace("/", "."))
        for file, tree in _modules(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "stage"
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
    ]


def calls_of(names: set[str], root: Path = ROOT) -> list[str]:
    """Files that call a method of one of these names."""
    return [
        file
        for file, tree in _modules(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in names
    ]


def _modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            file = path.relative_to(root).as_posix()
            yield file, ast.parse(path.read_text(), file)


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Calls that take SQL, with the function they stand in."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[ast.Call, str]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from walk(child, child.name)
                continue
            if (
                isinstance(child, ast.Call)
                and isinstance(child.func, ast.Attribute)
                and child.func.attr in _TAKES_SQL
                and child.args
                and _receiver(child.func.value) not in _TAKES_NO_SQL
            ):
                yield child, function
            yield from walk(child, function)

    yield from walk(tree, "")


# These have an `execute` of their own.
_TAKES_NO_SQL = {"schema", "pipeline"}


def _receiver(node: ast.expr) -> str:
    """The last name before the dot of the call."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _literal(tree: ast.Module, call: ast.Call) -> str | None:
    """The SQL, written in the call or as a constant of the module."""
    sql = call.args[0]
    if isinstance(sql, ast.Name):
        name = sql.id
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if name in [ast.unparse(to) for to in targets]:
                    sql = node.value
    if isinstance(sql, ast.Constant) and isinstance(sql.value, str):
        return sql.value
    return None
