"""Every place in a mutation where an id can stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from schema.root import schema


def calls() -> Iterator[tuple[str, str, str]]:
    """Each mutation and each place in it where an id can stand; ID stands there."""
    mutation = schema._schema.mutation_type
    assert mutation is not None
    for name, field_ in mutation.fields.items():
        answer = selection_of(get_named_type(field_.type))
        for place in dict.fromkeys(
            place for arg, taken in field_.args.items() for place in id_places(arg, taken.type)
        ):
            arguments = ", ".join(
                f"{arg}: {value(taken.type, arg, place)}"
                for arg, taken in field_.args.items()
                if is_required_argument(taken) or place.split(".")[0] == arg
            )
            yield name, place, f"mutation {{ {name}({arguments}) {{ {answer} }} }}"


def id_places(path: str, type_: Any) -> Iterator[str]:
    named = get_named_type(type_)
    if named.name == "ID":
        yield path
    elif isinstance(named, GraphQLInputObjectType):
        for name, inner in named.fields.items():
            yield from id_places(f"{path}.{name}", inner.type)


def value(type_: Any, path: str, place: str) -> str:
    """What any mutation might take: of required fields only, and the id."""
    nullable = get_nullable_type(type_)
    if is_list_type(nullable):
        return f"[{value(nullable.of_type, path, place)}]"
    if isinstance(nullable, GraphQLInputObjectType):
        inner = ", ".join(
            f"{name}: {value(field_.type, f'{path}.{name}', place)}"
            for name, field_ in nullable.fields.items()
            if is_required_input_field(field_) or f"{place}.".startswith(f"{path}.{name}.")
        )
        return f"{{{inner}}}"
    if isinstance(nullable, GraphQLEnumType):
        return str(next(iter(nullable.values)))
    return _SAMPLES.get(nullable.name, '"ID"')


_SAMPLES = {
    "Int": "1", "BigInt": "1", "Boolean": "true", "Decimal": '"10"', "Date": '"2026-12-01"',
    "DateTime": '"2026-12-01T00:00:00Z"', "String": '"https://www.example.com/a"',
}  # fmt: skip


def selection_of(type_: Any) -> str:
    members = getattr(type_, "types", [type_])
    outcomes = [
        f"... on {member.name} {{ outcomes {{ refusal {{ __typename message }} }} }}"
        for member in members
        if "outcomes" in member.fields
    ]
    refusals = "... on Refusal { message }" if len(members) > 1 else ""
    return " ".join(["__typename", refusals, *outcomes])
