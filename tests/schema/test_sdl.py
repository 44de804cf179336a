"""The committed schema is the one that the types make."""

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
)

from schema.reading import schema as reading
from schema.root import schema

COMMITTED = Path(reading.__file__).parents[1] / "schema.graphql"
GRAPHQL = schema._schema


def test_the_committed_schema_is_as_new_as_the_types() -> None:
    assert COMMITTED.read_text() == f"{schema.as_str()}\n", "run `make schema` and look at the diff"


def test_everything_is_described() -> None:
    """An argument called input is described by its type."""
    silent = []
    for name, type_ in GRAPHQL.type_map.items():
        if name.startswith("__"):
            continue
        if not type_.description:
            silent.append(name)
        match type_:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for field_name, field in type_.fields.items():
                    silent += [f"{name}.{field_name}"] * (not field.description)
                    silent += [
                        f"{name}.{field_name}({arg})"
                        for arg, argument in field.args.items()
                        if not argument.description and arg != "input"
                    ]
            case GraphQLInputObjectType():
                silent += [f"{name}.{f}" for f, it in type_.fields.items() if not it.description]
            case GraphQLEnumType():
                order = name.endswith("Order")
                silent += [
                    f"{name}.{v}"
                    for v, it in type_.values.items()
                    if not it.description and not order
                ]
    assert silent == []


def test_every_mutation_answers_with_a_union_of_a_noun_and_refusals() -> None:
    assert GRAPHQL.mutation_type is not None
    for name, field in GRAPHQL.mutation_type.fields.items():
        if name in ("signOut", "signOutEverywhere"):
            continue  # whoever is signed in can leave
        union = get_named_type(field.type)
        assert isinstance(union, GraphQLUnionType), name
        refusals = [t for t in union.types if any(i.name == "Refusal" for i in t.interfaces)]
        assert len(refusals) == len(union.types) - 1, name
        assert union.types[0] not in refusals, name


def test_a_client_can_ask_all_members_of_a_union_without_aliases() -> None:
    """Fields of one name in a union must have one type, or one document cannot select both."""
    conflicts = []
    for union in GRAPHQL.type_map.values():
        if isinstance(union, GraphQLUnionType):
            seen: dict[str, str] = {}
            for member in union.types:
                for name, field in member.fields.items():
                    if seen.setdefault(name, str(field.type)) != str(field.type):
                        conflicts.append(f"{union.name}: {member.name}.{name}")
    assert conflicts == []
