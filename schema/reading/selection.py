"""What the client selected, as a tree free of fragments, aliases resolved, directives applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    get_named_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values

from schema.reading.errors import BadQuestion

_KNOWN_DIRECTIVES = frozenset({"skip", "include"})


def variables_of(info: GraphQLResolveInfo[Any]) -> dict[str, Any]:
    """The variables' values by name: Strawberry gives resolvers these, not graphql-core's pair."""
    return cast(dict[str, Any], info.variable_values)


class Site(NamedTuple):
    """A place in the document where arguments are given to a field below the root."""

    owner: str
    name: str
    graphql: GraphQLField
    node: FieldNode

    def arguments(self, variables: dict[str, Any]) -> dict[str, Any]:
        return get_argument_values(self.graphql, self.node, VariableValues({}, variables))


class Selected(NamedTuple):
    """A field under its response key. `site` indexes the sites, 0 where it has no arguments."""

    key: str
    owner: str
    name: str
    site: int
    children: tuple[Selected, ...]


class Reader:
    """Reads selections out of the document of one request."""

    def __init__(self, info: GraphQLResolveInfo[Any]) -> None:
        self._info = info
        self._fragments = {
            name: FragmentDetails(definition) for name, definition in info.fragments.items()
        }
        self._variables = VariableValues({}, variables_of(info))
        self.sites: list[Site] = []

    def groups(
        self, type_: GraphQLObjectType, details: list[FieldDetails]
    ) -> dict[str, list[FieldDetails]]:
        collected = collect_subfields(
            self._info.schema,
            self._fragments,
            self._variables,
            self._info.operation,
            type_,
            details,
        )
        if collected.new_defer_usages:
            raise BadQuestion("BAD_DIRECTIVE", "@defer is not supported. Remove it.")
        return collected.grouped_field_set

    def fields(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> tuple[Selected, ...]:
        return tuple(
            self._selected(type_, key, group) for key, group in self.groups(type_, details).items()
        )

    def _selected(self, type_: GraphQLObjectType, key: str, group: list[FieldDetails]) -> Selected:
        node = group[0].node
        for directive in (d for details in group for d in details.node.directives or ()):
            if directive.name.value not in _KNOWN_DIRECTIVES:
                raise BadQuestion(
                    "BAD_DIRECTIVE",
                    f"@{directive.name.value} is not supported on {type_.name}.{node.name.value};"
                    " only @skip and @include are. Remove it.",
                )
        name = node.name.value
        if name == "__typename":
            return Selected(key, type_.name, name, 0, ())
        graphql = type_.fields[name]
        site = 0
        if graphql.args:
            self.sites.append(Site(type_.name, name, graphql, node))
            site = len(self.sites)
        below = get_named_type(graphql.type)
        children = self.fields(below, group) if is_object_type(below) else ()
        return Selected(key, type_.name, name, site, children)

    def below(
        self, type_: GraphQLNamedType, names: Sequence[str], nodes: Sequence[FieldNode]
    ) -> Iterator[tuple[tuple[str, ...], list[FieldDetails]]]:
        """Every response path that leads through these field names, with what is selected there."""
        details = [FieldDetails(node, None) for node in nodes]
        yield from self._below(type_, names, details, ())

    def _below(
        self,
        type_: GraphQLNamedType,
        names: Sequence[str],
        details: list[FieldDetails],
        path: tuple[str, ...],
    ) -> Iterator[tuple[tuple[str, ...], list[FieldDetails]]]:
        if not names:
            yield path, details
            return
        assert is_object_type(type_), f"{type_.name} is no object type that has {names[0]}"
        for key, group in self.groups(type_, details).items():
            if group[0].node.name.value == names[0]:
                next_ = get_named_type(type_.fields[names[0]].type)
                yield from self._below(next_, names[1:], group, (*path, key))
