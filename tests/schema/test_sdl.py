"""The committed schema is the one that the types make."""

from pathlib import Path

from graphql import GraphQLUnionType, get_named_type

from schema.reading import schema as reading
from schema.root import schema

COMMITTED = Path(reading.__file__).parents[1] / "schema.graphql"
GRAPHQL = schema._schema

# Mutations without a union, and why.
NEVER_REFUSED = {
    "signOut": "whoever is signed in can leave",
    "signOutEverywhere": "as signOut",
}


def test_the_committed_schema_is_as_new_as_the_types() -> None:
    assert COMMITTED.read_text() == f"{schema.as_str()}\n", "run `make schema` and look at the diff"


def test_every_mutation_answers_with_a_union_of_a_noun_and_refusals() -> None:
    assert GRAPHQL.mutation_type is not None
    assert NEVER_REFUSED.keys() <= GRAPHQL.mutation_type.fields.keys()
    for name, field in GRAPHQL.mutation_type.fields.items():
        if name in NEVER_REFUSED:
            continue
        union = get_named_type(field.type)
        assert isinstance(union, GraphQLUnionType), name
        assert union.name.endswith("Result"), name
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
