"""Documents to ask: any selection that the schema allows, with arguments that make sense."""

from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from tests.schema.reading.slow import DEFAULT_ORDER, PREFIXES, cursor
from tests.schema.reading.stock import Rows

TABLES = {
    "Book": "book",
    "Loan": "loan",
    "Author": "author",
    "Branch": "branch",
    "Library": "library",
}


class Document:
    """One document while it is drawn: its fragments, variables and aliases."""

    def __init__(self, draw: Any, schema: GraphQLSchema, rows: Rows) -> None:
        self.draw, self.schema, self.rows = draw, schema, rows
        self.fragments: list[str] = []
        self.variables: dict[str, tuple[str, Any]] = {}
        self._names = 0

    def text(self) -> str:
        query = self.schema.query_type
        assert query is not None
        selection = self.selection(query, 5)
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        head = f"query({declared})" if declared else "query"
        return " ".join([head, selection, *self.fragments])

    def values(self) -> dict[str, Any]:
        return {name: value for name, (_, value) in self.variables.items()}

    def name(self, start: str) -> str:
        self._names += 1
        return f"{start}{self._names}"

    def selection(self, type_: Any, depth: int) -> str:
        count = self.draw(st.integers(1, 5))
        return "{ " + " ".join(self.part(type_, depth) for _ in range(count)) + " }"

    def part(self, type_: Any, depth: int) -> str:
        way = self.draw(st.integers(0, 11))
        if is_abstract_type(type_):
            if way < 3 or depth == 0:
                return self.draw(st.sampled_from(["__typename", "id", f"{self.name('a')}: id"]))
            type_ = self.draw(st.sampled_from(self.schema.get_possible_types(type_)))
            return f"... on {type_.name} {self.selection(type_, depth - 1)}"
        if way == 0:
            return "__typename"
        if depth > 0 and way == 1:
            return f"...{self.switch()} {self.selection(type_, depth - 1)}"
        if depth > 0 and way == 2:
            name = self.name("F")
            body = self.selection(type_, depth - 1)
            self.fragments.append(f"fragment {name} on {type_.name} {body}")
            return f"...{name}{self.switch()}"
        return self.field(type_, depth)

    def field(self, type_: GraphQLObjectType, depth: int) -> str:
        fields = {
            name: field
            for name, field in type_.fields.items()
            if depth > 0 or is_leaf_type(get_named_type(field.type))
        }
        if not fields:
            return "__typename"
        name = self.draw(st.sampled_from(sorted(fields)))
        below = get_named_type(fields[name].type)
        given = self.arguments(name, below, fields[name].args)
        alias = f"{self.name('a')}: " if given or self.draw(st.booleans()) else ""
        text = f"{alias}{name}{given}{self.switch()}"
        if is_leaf_type(below):
            return text
        less = 0 if below.name in ("PageInfo", "Money") else 1
        return f"{text} {self.selection(below, depth - less)}"

    def switch(self) -> str:
        way = self.draw(st.integers(0, 9))
        if way > 2:
            return ""
        directive = self.draw(st.sampled_from(["skip", "include"]))
        value = self.draw(st.booleans())
        if way == 0:
            return f" @{directive}(if: {str(value).lower()})"
        return f" @{directive}(if: ${self.variable('Boolean!', value)})"

    def variable(self, type_: str, value: Any) -> str:
        name = self.name("v")
        self.variables[name] = type_, value
        return name

    def either(self, type_: str, literal: str, value: Any) -> str:
        return f"${self.variable(type_, value)}" if self.draw(st.booleans()) else literal

    def arguments(self, name: str, below: Any, known: Any) -> str:
        given = []
        if "id" in known:
            kinds = ["Book"] if name == "book" else sorted(PREFIXES)
            value = self.ident(self.draw(st.sampled_from(kinds)))
            given.append(f"id: {self.either('ID!', _quoted(value), value)}")
        if "ids" in known:
            count = self.draw(st.integers(0, 5))
            values = [
                self.ident(self.draw(st.sampled_from(sorted(PREFIXES)))) for _ in range(count)
            ]
            given.append(f"ids: ${self.variable('[ID!]!', values)}")
        if "first" in known:
            given += self.page(below.name.removesuffix("Connection"), known)
        return f"({', '.join(given)})" if given else ""

    def page(self, row: str, known: Any) -> list[str]:
        given = []
        if self.draw(st.booleans()):
            size = self.draw(st.integers(1, 6))
            end = self.draw(st.sampled_from(["first", "last"]))
            given.append(f"{end}: {self.either('Int', str(size), size)}")
        order = DEFAULT_ORDER[row]
        if self.draw(st.booleans()):
            order = self.draw(st.sampled_from(sorted(known["orderBy"].type.of_type.values)))
            given.append(f"orderBy: {self.either(f'{row}Order!', order, order)}")
        for name in self.draw(
            st.sampled_from([(), (), ("after",), ("before",), ("after", "before")])
        ):
            mark = cursor(row, order, self.draw(st.sampled_from(self.rows[TABLES[row]])))
            given.append(f"{name}: {self.either('String', _quoted(mark), mark)}")
        if "filter" in known and self.draw(st.booleans()):
            given.append(f"filter: {self.filter()}")
        return given

    def filter(self) -> str:
        choices = {
            "kind": st.lists(st.sampled_from(["NOVEL", "ESSAY", "POEMS"]), max_size=3).map(
                lambda kinds: f"[{', '.join(kinds)}]"
            ),
            "author": st.sampled_from(self.rows["author"]).map(
                lambda row: _quoted(f"auth_{row['id'].hex}")
            ),
            "fromPages": st.sampled_from(["90", "91", "300", "null"]),
            "toPages": st.sampled_from(["90", "300", "5000"]),
            "title": st.sampled_from(['"sea"', '"%"', '"_"', '"\\\\"', '""', '"\\t"']),
            "unpriced": st.sampled_from(["true", "false"]),
        }
        names = self.draw(st.lists(st.sampled_from(sorted(choices)), unique=True, max_size=3))
        return "{" + ", ".join(f"{name}: {self.draw(choices[name])}" for name in names) + "}"

    def ident(self, type_: str) -> str:
        row = self.draw(st.sampled_from(self.rows[TABLES[type_]]))
        return f"{PREFIXES[type_]}_{row['id'].hex}"


@st.composite
def documents(draw: Any, schema: GraphQLSchema, rows: Rows) -> tuple[str, dict[str, Any]]:
    document = Document(draw, schema, rows)
    text = document.text()
    return text, document.values()


def _quoted(text: str) -> str:
    return f'"{text}"'
