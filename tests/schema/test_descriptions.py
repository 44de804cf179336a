"""What the schema says of itself: sentences that tell a stranger more than the names do."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_object_type,
    is_specified_scalar_type,
    parse,
    validate,
)

from schema.reading.specs import ToMany
from schema.root import schema

GRAPHQL = schema._schema

# Their values are labels, to be shown to people as they stand.
LABELS = {"Category", "ChannelKind", "Region"}

# Says of itself how long it is: by what was asked for, or by what there can be.
_BOUNDED = re.compile(r"\bat most\b|\bfor each\b|\beach (\w+ )?once\b|\balways empty\b", re.I)

# Whose days they are.
_WHOSE_DAYS = re.compile(r"\bstores?\b|\bstore's\b|\btime zone\b")

_ARTICLES = {"a", "an", "the", "its", "of", "this"}


@dataclass(frozen=True)
class Said:
    """A description, and what it is of."""

    place: str
    name: str
    text: str
    of: Any
    type_: Any
    """The GraphQL type of a field or argument; None for a type or a value."""

    @property
    def is_output(self) -> bool:
        return "(" not in self.place and isinstance(self.of, GraphQLObjectType)


def everything() -> Iterator[Said]:
    for name, type_ in GRAPHQL.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(type_):
            continue
        yield Said(name, name, type_.description or "", type_, None)
        match type_:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for field_name, field in type_.fields.items():
                    place = f"{name}.{field_name}"
                    yield Said(place, field_name, field.description or "", type_, field.type)
                    for arg, given in field.args.items():
                        if arg != "input":  # its type says what it is
                            where = f"{place}({arg})"
                            yield Said(where, arg, given.description or "", type_, given.type)
            case GraphQLInputObjectType():
                for field_name, given in type_.fields.items():
                    place = f"{name}.{field_name}"
                    yield Said(place, field_name, given.description or "", type_, given.type)
            case GraphQLEnumType() if not name.endswith("Order"):
                for value, it in type_.values.items():
                    yield Said(f"{name}.{value}", value, it.description or "", type_, None)


EVERYTHING = list(everything())


def _words(text: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return re.findall(r"[a-z0-9]+", spaced.lower())


def test_every_description_is_a_sentence() -> None:
    """It begins like one and ends like one, and its lines are no file's lines."""
    broken = [
        f"{said.place}: {said.text!r}"
        for said in EVERYTHING
        if not re.match(r"[A-Z0-9\"“`]", said.text)
        or not said.text.endswith((".", "`", "…"))
        or said.text != inspect.cleandoc(said.text)
    ]
    assert broken == []


def test_no_description_only_repeats_the_name() -> None:
    empty = []
    for said in EVERYTHING:
        if isinstance(said.of, GraphQLEnumType) and said.of.name in LABELS:
            continue
        words = [word for word in _words(said.text) if word not in _ARTICLES]
        if len(_words(said.text)) < 2 or "".join(words) in (
            "".join(_words(said.name)), "".join(_words(said.name)) + "s",
        ):  # fmt: skip
            empty.append(f"{said.place}: {said.text!r}")
    assert empty == []


def test_what_may_be_null_says_when() -> None:
    silent = [
        f"{said.place}: {said.text!r}"
        for said in EVERYTHING
        if said.is_output
        and said.type_ is not None
        and not isinstance(said.type_, GraphQLNonNull)
        and not re.search(r"\bnull\b", said.text, re.I)
    ]
    assert silent == []


def test_what_may_be_left_out_of_an_input_says_what_then() -> None:
    """A filter's fields do not: left out, they narrow nothing."""
    says = re.compile(
        r"\bnull\b|left out|by default|\bnone\b|\bempty\b|Own shops only|give this|stays?\b", re.I
    )
    silent = []
    for said in EVERYTHING:
        if not isinstance(said.of, GraphQLInputObjectType) or said.of.name.endswith("Filter"):
            continue
        if said.type_ is None or isinstance(said.type_, GraphQLNonNull):
            continue
        if not says.search(said.text) and not says.search(said.of.description or ""):
            silent.append(f"{said.place}: {said.text!r}")
    assert silent == []


@pytest.mark.parametrize(
    ("named", "says"),
    [
        (r"(?i)percent$", r"(?i)percent|in 100|of 100"),
        (r"(?i)(^|[a-z])seconds$", r"(?i)seconds"),
        (r"(?i)(^|[a-z])days$|^daysTo", r"(?i)days"),
        (r"Bp$", r"(?i)basis points"),
        (r"(?i)^currency$", r"ISO 4217|was given"),
        (r"(?i)^timeZone$", r"IANA"),
        (r"(?i)sha256$", r"(?i)hexadecimal|`sha256`"),
        (r"(?i)^countr(y|ies)$", r"(?i)two( capital)? letters"),
    ],
)  # fmt: skip
def test_units_are_said(named: str, says: str) -> None:
    about = [s for s in EVERYTHING if s.type_ is not None and re.search(named, s.name)]
    assert about, "nothing is called so, and this case tests nothing"
    assert [f"{s.place}: {s.text!r}" for s in about if not re.search(says, s.text)] == []


def test_days_say_whose_they_are() -> None:
    """A Date is a day somewhere: where, its field says, or the type that it is in."""
    silent = [
        f"{said.place}: {said.text!r}"
        for said in EVERYTHING
        if said.type_ is not None
        and get_named_type(said.type_).name == "Date"
        and not _WHOSE_DAYS.search(f"{said.text} {said.of.description}")
    ]
    assert silent == []


def test_scalars_of_our_own_show_a_value() -> None:
    scalars = [
        type_
        for type_ in GRAPHQL.type_map.values()
        if isinstance(type_, GraphQLScalarType) and not is_specified_scalar_type(type_)
    ]
    assert [s.name for s in scalars if not re.search(r"`[^`]+`", s.description or "")] == []


def test_every_list_is_a_page_or_says_how_long_it_can_be() -> None:
    """Of rows that are shown, and of whatever is taken in."""
    endless = []
    for said in EVERYTHING:
        if said.type_ is None or not is_list_type(get_nullable_type(said.type_)):
            continue
        shows_rows = said.is_output and is_object_type(get_named_type(said.type_))
        if said.of.name.endswith("Connection") and said.name in ("edges", "nodes"):
            continue
        takes = isinstance(said.of, GraphQLInputObjectType) or "(" in said.place
        if said.of.name.endswith("Filter"):
            continue  # 100 at most, as every filter's list
        if (shows_rows or takes) and not _BOUNDED.search(
            f"{said.text} {said.of.description if takes and '(' not in said.place else ''}"
        ):
            endless.append(f"{said.place}: {said.text!r}")
    assert endless == []


def test_a_plain_list_says_the_most_that_it_shows() -> None:
    """By the number that its declaration has."""
    lists = [
        (field.path, field.spec.at_most, field.graphql.description or "")
        for type_ in schema.reading.model.types.values()
        for field in type_.fields.values()
        if isinstance(field.spec, ToMany)
        and not get_named_type(field.type).name.endswith("Connection")
    ]
    assert lists
    assert [one for one in lists if f"At most {one[1]}." not in one[2]] == []


def test_every_page_is_turned_in_the_same_way() -> None:
    for type_ in GRAPHQL.type_map.values():
        if not isinstance(type_, GraphQLObjectType):
            continue
        for name, field in type_.fields.items():
            below = get_named_type(field.type)
            if not below.name.endswith("Connection"):
                continue
            place = f"{type_.name}.{name}"
            assert isinstance(field.type, GraphQLNonNull), place
            assert {"first", "after", "last", "before", "orderBy"} <= set(field.args), place
            assert set(field.args) <= {"first", "after", "last", "before", "orderBy", "filter"}
            row = get_named_type(below.fields["nodes"].type).name
            if "filter" in field.args:
                assert get_named_type(field.args["filter"].type).name == f"{row}Filter", place
            assert get_named_type(field.args["orderBy"].type).name == f"{row}Order", place


def test_every_list_of_the_query_can_be_narrowed() -> None:
    assert GRAPHQL.query_type is not None
    pages = {
        name: field
        for name, field in GRAPHQL.query_type.fields.items()
        if get_named_type(field.type).name.endswith("Connection")
    }
    assert [name for name, field in pages.items() if "filter" not in field.args] == []


# One word for one thing: what the left ones would say is called as on the right.
_CALLED = {
    "state": "status",
    "validFrom": "startsOn",
    "source": "channel",
    "subid": "subId",
    "type": "kind",
    "updatedAt": "changedAt",
    "modifiedAt": "changedAt",
    "deletedAt": "archivedAt, revokedAt or disconnectedAt",
    "hide": "a boolean that false leaves out",
}


def test_one_thing_has_one_name() -> None:
    twice = [f"{s.place}, say {_CALLED[s.name]}" for s in EVERYTHING if s.name in _CALLED]
    twice += [s.place for s in EVERYTHING if s.type_ is None and s.place.endswith("State")]
    assert twice == []


def test_a_deprecation_says_what_to_use() -> None:
    for said in EVERYTHING:
        _, _, field = said.place.partition(".")
        of = said.of.fields if field and hasattr(said.of, "fields") else {}
        reason = getattr(of.get(field), "deprecation_reason", None)
        if reason is not None:
            assert re.fullmatch(r"[A-Z].*`\w+`.*\.", reason), said.place


EXAMPLES = {
    said.place: text
    for said in EVERYTHING
    for text in re.findall(r"`(\w+\(.*?\))`", said.text, re.S)
}


@pytest.mark.parametrize("place", EXAMPLES)
def test_an_example_can_be_asked(place: str) -> None:
    text = EXAMPLES[place]
    root = "mutation" if place.startswith("Mutation.") else "query"
    assert validate(GRAPHQL, parse(f"{root} {{ {text} {{ __typename }} }}")) == []


def test_the_mutations_that_everybody_needs_have_examples() -> None:
    needed = """connectStore connectShop createOffer createLink createLinks listOffer applyToListing
        inviteAffiliate movePartnership approveConversions createApiKey signIn"""
    assert [n for n in needed.split() if f"Mutation.{n}" not in EXAMPLES] == []
