"""Kinds of leaf values: how a column becomes JSON, and how it comes back out of a cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from graphql import GraphQLEnumType, GraphQLScalarType

from schema.reading.json_sql import Json, Sql, json, quoted


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of leaf.

    `to_json` takes an SQL expression and gives JSON text, SQL null for null.
    `from_text` reads PostgreSQL's text form back, raising ValueError.
    `sql_types` are the column types that hold it; empty means any.
    `as_it_is` says that PostgreSQL's own JSON of the value, and so of an array of it, is this one.
    """

    to_json: Callable[[str], Json]
    from_text: Callable[[str], object]
    sql_types: frozenset[str] = frozenset()
    as_it_is: bool = False


def _bare(sql: str) -> Json:
    return json(Sql(f"({sql})::text"))


def _in_quotes(sql: str) -> Json:
    """For values whose text form never holds a quote, a backslash or a control character."""
    return json('"', Sql(f"({sql})::text"), '"')


def _escaped(sql: str) -> Json:
    return json(Sql(f"to_json(({sql})::text)::text"))


def _by_postgres(sql: str) -> Json:
    """For dates and times: to_json writes ISO 8601 whatever the session's DateStyle."""
    return json(Sql(f"to_json({sql})::text"))


def _utc_seconds(sql: str) -> Json:
    form = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
    return json('"', Sql(f"to_char(({sql}) at time zone 'UTC', '{form}')"), '"')


def _whole_number(bits: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not -(1 << bits - 1) <= number < 1 << bits - 1:
            raise ValueError(text)
        return number

    return read


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise ValueError(text) from error


def _plain(text: str) -> str:
    if "\x00" in text:
        raise ValueError(text)
    return text


_WHOLE = frozenset({"int2", "int4", "int8", "numeric"})
_TEXT = frozenset({"text", "varchar", "bpchar", "name", "citext", "uuid", "inet", "char"})

MINOR_UNITS = Kind(_in_quotes, _whole_number(64), frozenset({"int8", "numeric"}))

SCALARS: dict[str, Kind] = {
    "String": Kind(_escaped, _plain, _TEXT, as_it_is=True),
    "ID": Kind(_escaped, _plain, _TEXT, as_it_is=True),
    "Int": Kind(_bare, _whole_number(32), _WHOLE, as_it_is=True),
    "BigInt": Kind(_in_quotes, _whole_number(64), _WHOLE),
    "Float": Kind(_by_postgres, float, frozenset({"float4", "float8"})),
    "Decimal": Kind(_in_quotes, _number, frozenset({"numeric", "int2", "int4", "int8"})),
    "Boolean": Kind(_bare, _truth, frozenset({"bool"}), as_it_is=True),
    "Date": Kind(_by_postgres, date.fromisoformat, frozenset({"date"})),
    "DateTime": Kind(_utc_seconds, _instant, frozenset({"timestamptz"})),
    "Time": Kind(_by_postgres, time.fromisoformat, frozenset({"time"})),
    "UUID": Kind(_in_quotes, UUID, frozenset({"uuid"})),
    "JSON": Kind(_bare, _plain, frozenset({"json", "jsonb"})),
}


def kind_of(leaf: GraphQLScalarType | GraphQLEnumType) -> Kind | None:
    """The kind of a GraphQL leaf type, or None for a scalar that is not known here."""
    if isinstance(leaf, GraphQLEnumType):
        return _enum_kind(leaf)
    return SCALARS.get(leaf.name)


def _enum_kind(enum: GraphQLEnumType) -> Kind:
    stored = {str(value.value): name for name, value in enum.values.items()}
    same = all(value == name for value, name in stored.items())
    cases = " ".join(f"when {quoted(value)} then {quoted(name)}" for value, name in stored.items())

    def to_json(sql: str) -> Json:
        return json('"', Sql(f"case ({sql})::text {cases} else ({sql})::text end"), '"')

    if same:
        to_json = _in_quotes

    def from_text(text: str) -> str:
        if text not in stored:
            raise ValueError(text)
        return text

    return Kind(to_json, from_text, as_it_is=same)


def listed(kind: Kind) -> Kind:
    """An array column of this kind."""

    def to_json(sql: str) -> Json:
        if kind.as_it_is:
            return json(Sql(f"to_json({sql})::text"))
        item = f"coalesce({kind.to_json('x.v').sql}, 'null')"
        items = f"select string_agg({item}, ',' order by x.n)"
        rows = f"unnest({sql}) with ordinality x(v, n)"
        array = json("[", Sql(f"coalesce(({items} from {rows}), '')"), "]")
        return json(Sql(f"case when ({sql}) is not null then {array.sql} end"))

    def from_text(text: str) -> object:
        raise ValueError(text)

    return Kind(to_json, from_text, frozenset(f"{name}[]" for name in kind.sql_types))


# One minor unit, for ISO 4217's currencies that have other than two decimals.
ODD_UNITS = {
    "1": "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    "0.001": "BHD IQD JOD KWD LYD OMR TND",
    "0.0001": "CLF UYW",
}


def decimal_amount(minor: str, currency: str) -> Sql:
    """Minor units as decimal text, exactly: numeric 1230 * 0.01 is 12.30, scale included."""
    code = f"({currency})::text"
    odd = " ".join(
        f"when {code} in ({', '.join(map(quoted, codes.split()))}) then {unit}"
        for unit, codes in ODD_UNITS.items()
    )
    return Sql(f"(({minor}) * case when {code} = 'USD' then 0.01 {odd} else 0.01 end)::text")
