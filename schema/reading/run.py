"""From a request's field to its answer: find or make the statement, bind, run, hand over."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast
from uuid import UUID

import orjson
from graphql import (
    GraphQLObjectType,
    GraphQLResolveInfo,
    get_named_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails

from domain import ids
from schema.reading.afterwards import Steps, steps_of, take
from schema.reading.compile import Compiler
from schema.reading.errors import BadQuestion
from schema.reading.executor import Completed, response_path
from schema.reading.model import Field, Model
from schema.reading.paging import read_id, read_page
from schema.reading.portraits import portrait
from schema.reading.recent import Recent
from schema.reading.scope import Sight, Statement
from schema.reading.selection import Reader, Selected, Site, variables_of
from schema.reading.specs import LIST_MAX, ById, ByIds, ToMany

KEPT: Final = 500
"""So many selections and statements are kept; one takes half a megabyte at most, its document
included."""


class Read(Protocol):
    """Runs a statement of text columns and at most one row; None when there is no row."""

    async def __call__(self, sql: str, params: Sequence[object], /) -> Iterable[str] | None: ...


class Context(Protocol):
    """What the Ask road wants of a request's context."""

    @property
    def sight(self) -> Sight:
        """From where it is looked. Raises a GraphQLError when nobody looks."""
        ...

    @property
    def room_id(self) -> UUID | None:
        """The account or affiliate that looks; None of an operator."""
        ...

    @property
    def read(self) -> Read: ...


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected at each place that is asked for, with the argument sites below."""

    fields: Mapping[Hashable, tuple[Selected, ...]]
    sites: tuple[Site, ...]
    steps: Mapping[Hashable, Steps]


@dataclass(frozen=True, slots=True)
class Arguments:
    """A field's own arguments: what of them decides the SQL, and the values to bind."""

    shape: Hashable = None
    values: tuple[object, ...] = ()


Fields = Mapping[Hashable, tuple[Selected, ...]]


class Reading:
    """The compiled reads of one schema."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._selections: Recent[Hashable, Selection] = Recent(KEPT)
        self._statements: Recent[Hashable, Statement] = Recent(KEPT)

    async def answer(
        self, root: Field, info: GraphQLResolveInfo[Any], given: Mapping[str, object]
    ) -> Completed:
        """The answer of a declared field that has no row above it."""
        types, own = self._root_arguments(root, given, info.context.sight)
        if isinstance(root.spec, ById) and not types:
            return Completed(None)

        def compile_(compiler: Compiler, fields: Fields) -> Statement:
            match root.spec:
                case ById():
                    return compiler.by_id(self.model.types[types[0]], fields[types[0]])
                case ByIds():
                    return compiler.by_ids(cast(Mapping[str, tuple[Selected, ...]], fields))
            return compiler.root(root, fields[types[0]])

        selection, text = await self._run(
            info, (root.path, types), own, _of_types(info, types), compile_, info.context.read
        )
        if isinstance(root.spec, ByIds) and text and any(selection.steps.values()):
            value = orjson.loads(text)
            for prefix, item in zip(cast(Sequence[str], own.values[0]), value, strict=True):
                if item is not None:
                    take(selection.steps[self.model.by_prefix[prefix].name], item, info.context)
            return Completed(value)
        return _completed(text, selection.steps[types[0]] if types else {}, info.context)

    async def one(
        self, info: GraphQLResolveInfo[Any], type_name: str, id_: UUID, read: Read
    ) -> Completed:
        """One row, with what the field of `info` selects of its type."""
        target = self.model.types[type_name]

        def compile_(compiler: Compiler, fields: Fields) -> Statement:
            return compiler.by_id(target, fields[type_name])

        places = _of_types(info, (type_name,))
        own = Arguments("one", (id_,))
        selection, text = await self._run(info, type_name, own, places, compile_, read)
        return _completed(text, selection.steps[type_name], info.context)

    async def many(
        self,
        info: GraphQLResolveInfo[Any],
        type_name: str,
        ids_: Sequence[UUID],
        at: str,
        read: Read,
    ) -> dict[UUID, Completed]:
        """Rows by id, with what is selected of their type at the path `at` below the field."""
        target = self.model.types[type_name]

        def compile_(compiler: Compiler, fields: Fields) -> Statement:
            return compiler.many(target, tuple(fields.values()))

        def places(reader: Reader) -> Fields:
            row = cast(GraphQLObjectType, info.schema.type_map[type_name])
            found = reader.below(get_named_type(info.return_type), at.split("."), info.field_nodes)
            start = response_path(info.path)
            return {start + path: reader.fields(row, details) for path, details in found}

        own = Arguments("many", (list(ids_),))
        selection, text = await self._run(info, (type_name, at), own, places, compile_, read)
        answers = {}
        for id_, values in orjson.loads(text or "{}").items():
            by_path = dict(zip(selection.fields, values, strict=True))
            for path, value in by_path.items():
                take(selection.steps[path], value, info.context)
            answers[UUID(id_)] = Completed(None, cast(dict[tuple[str, ...], object], by_path))
        return answers

    def prefix_of(self, type_name: str) -> str:
        """What the type's ids begin with."""
        prefix = self.model.types[type_name].rows.prefix
        assert prefix is not None, f"{type_name} has no ids"
        return prefix

    def portrait(self, type_name: str, sight: Sight) -> Statement:
        """A statement for rows by their ids, as `many` gives them: what of each lies in its table,
        and the ids of what it points at. Its one value is the list of ids."""

        def compile_() -> Statement:
            fields = portrait(self.model, self.model.types[type_name], sight)
            return Compiler(self.model, sight, (None,)).many(self.model.types[type_name], [fields])

        return self._statements.get(("portrait", type_name, sight), compile_)

    async def _run(
        self,
        info: GraphQLResolveInfo[Any],
        what: Hashable,
        own: Arguments,
        places: Callable[[Reader], Fields],
        compile_: Callable[[Compiler, Fields], Statement],
        read: Read,
    ) -> tuple[Selection, str | None]:
        sight: Sight = info.context.sight
        key = (what, *_place_in_document(info))
        selection = self._selections.get(key, lambda: self._select(info, places))
        given = [own]
        for site in selection.sites:
            given.append(self._arguments(site.owner, site.name, site.arguments(variables_of(info))))
        shapes = tuple(each.shape for each in given)
        statement = self._statements.get(
            (key, sight, shapes),
            lambda: compile_(Compiler(self.model, sight, shapes), selection.fields),
        )
        params = statement.bind(info.context.room_id, [each.values for each in given])
        return selection, statement.text(await read(statement.sql, params))

    def _select(
        self, info: GraphQLResolveInfo[Any], places: Callable[[Reader], Fields]
    ) -> Selection:
        reader = Reader(info)
        fields = places(reader)
        steps = {place: steps_of(self.model, selected) for place, selected in fields.items()}
        return Selection(fields, tuple(reader.sites), steps)

    def _root_arguments(
        self, root: Field, given: Mapping[str, object], sight: Sight
    ) -> tuple[tuple[str, ...], Arguments]:
        """Which types may answer a root field, and its arguments.

        An id of a type that is out of sight is answered as one that does not exist.
        """
        match root.spec:
            case ById():
                prefix, uuid = self._read_id(root, cast(str, given["id"]))
                type_ = self.model.by_prefix[prefix]
                seen = (type_.name,) if sight.sees(type_) else ()
                return seen, Arguments(prefix, (uuid,))
            case ByIds():
                asked = cast(Sequence[str], given["ids"])
                if len(asked) > LIST_MAX:
                    raise BadQuestion("BAD_FILTER", f"{root.path} takes at most {LIST_MAX} ids.")
                found = [self._read_id(root, text) for text in asked]
                prefixes, uuids = [prefix for prefix, _ in found], [uuid for _, uuid in found]
                of_kind = [self.model.by_prefix[prefix] for prefix in sorted(set(prefixes))]
                types = tuple(type_.name for type_ in of_kind if sight.sees(type_))
                return types, Arguments(types, (prefixes, uuids))
        return (root.target,), self._arguments(root.owner, root.name, given)

    def _arguments(self, owner: str, name: str, given: Mapping[str, object]) -> Arguments:
        declared = self.model.types[owner].fields[name]
        if isinstance(declared.spec, ToMany) and not declared.is_list:
            rows = self.model.types[self.model.row_of_page[declared.target]]
            return Arguments(*read_page(rows, declared.path, given))
        return Arguments()

    def _read_id(self, root: Field, text: str) -> tuple[str, UUID]:
        """An id of the kind that the field leads to; an interface takes every kind."""
        target = self.model.types.get(root.target)
        if target is not None:
            prefix = target.rows.prefix or ""
            return prefix, read_id(text, prefix)
        try:
            prefix, uuid = ids.split(text)
        except ids.WrongId as wrong:
            raise BadQuestion("BAD_ID", wrong.message) from wrong
        if prefix not in self.model.by_prefix:
            known = ", ".join(sorted(self.model.by_prefix))
            raise BadQuestion("BAD_ID", f"No id begins with {prefix}_. Known are {known}.")
        return prefix, uuid


def _completed(text: str | None, steps: Steps, context: object) -> Completed:
    """Raw JSON as it came, or, where a computed field was selected, JSON that was walked."""
    if text is None or not steps:
        return Completed(text and orjson.Fragment(text))
    value = orjson.loads(text)
    take(steps, value, context)
    return Completed(value)


def _of_types(info: GraphQLResolveInfo[Any], types: Sequence[str]) -> Callable[[Reader], Fields]:
    def places(reader: Reader) -> Fields:
        details = [FieldDetails(node, None) for node in info.field_nodes]
        found: dict[Hashable, tuple[Selected, ...]] = {}
        for name in types:
            type_ = info.schema.type_map[name]
            assert is_object_type(type_)
            found[name] = reader.fields(type_, details)
        return found

    return places


def _place_in_document(info: GraphQLResolveInfo[Any]) -> tuple[Hashable, ...]:
    """What decides a selection: the document, the field in it, and what @skip and @include say."""
    location = info.operation.loc
    assert location is not None, "the document must be parsed with its locations"
    place = location.source.body, location.start, response_path(info.path)
    return *place, switches_of(variables_of(info))


def switches_of(variables: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    """Any Boolean variable may stand in a @skip or an @include, so all of them count."""
    return tuple((name, value) for name, value in variables.items() if isinstance(value, bool))
