"""The Ask road: a GraphQL selection becomes one SQL statement, and its JSON is the answer.

A type says beside each field where the field lives. The first argument of every declaration is
the sentence that the schema shows; the second is the place, a column or any SQL over the row,
which is called ``{t}``. The class docstring describes the type.

The recipe, a type in one file::

    @strawberry.enum(description="Where a conversion stands.")
    class ConversionStatus(Enum):
        PENDING = word("pending", description="It moves.")  # name in GraphQL, value in the column


    @strawberry.input(description="Narrows a list of conversions.")
    class ConversionFilter:
        from_day: date | None = at_least("From this day on.", "day")
        to_day: date | None = at_most("Up to and including this day.", "day")
        status: list[ConversionStatus] | None = one_of("Any of these.", "status")
        affiliate: list[strawberry.ID] | None = one_of("Of these.", "affiliate_id", prefix="afil")
        search: str | None = contains("Part of the note.", "note")
        settled: bool | None = where("Settled or not.", "({t}.settled_at is not null) = {v}")


    @table(
        "conversion",
        prefix="conv",
        tenant="account_id",
        filter=ConversionFilter,
        sort=("-day", "sales", "created_at"),
    )
    class Conversion(Node):
        "What one affiliate sold in one store on one day."

        day: date = column("Amazon's reporting day, in the store's time zone.")
        note: str | None = column("…", "remark")  # another column name
        label: str = column("…", "upper({t}.name)")  # any SQL over the row
        status: ConversionStatus = column("…")
        sales: Money = money("…", "sales_minor", "currency")  # bigint minor units
        created_at: datetime = column("…")
        affiliate: Affiliate = to_one("…", "affiliate_id")  # {t}.id = {p}.affiliate_id
        terms: Terms | None = to_one("…", on="{t}.offer_id = {p}.offer_id", pick="{t}.day desc")
        agency: Agency = to_one("…", "agency_id", via="affiliate")  # a column of that edge's row
        versions: list[Version] = to_many("…", "conversion_id")  # a plain list, 100 at most
        clicks: Connection[Click] = to_many("…", "conversion_id")  # a page, with its arguments
        window: Window = embedded("…")  # an object in the same row

        @computed("Where the link leads.", needs=("code", "{t}.id"))
        def url(context: Context, code: str, id: str) -> str: ...  # Python over JSON values


    @strawberry.type(description="Sums over the whole filtered list, per currency.")
    class ConversionTotals:
        count: int = column("…", "count(*)")
        sales: Money = money("…", "sum({t}.sales_minor)", "{t}.currency")


    @strawberry.type(description="A page of conversions.")
    class ConversionConnection(Connection[Conversion]):  # only when it has totals
        totals: list[ConversionTotals] = aggregate("…", group_by=["currency"])  # or one object


    @strawberry.type
    class Query:
        node: Node | None = by_id("Anything, by its id.")
        nodes: list[Node | None] = by_ids("Several, in the order asked.")
        conversion: Conversion | None = by_id("One conversion.")  # another kind is refused
        conversions: ConversionConnection = to_many("…")
        account: Account = to_one("…", on="{t}.id = {account}")  # {account}: the viewer's


    schema = Schema(query=Query, mutation=Mutation, types=[...])  # binds, and refuses mistakes

``{t}`` is the row, ``{p}`` the row that the edge starts from, ``{v}`` the bound value of a filter,
``{account}`` the viewer's account, ``{affiliate}`` the viewing affiliate. Values are always bound,
never written into the statement. Forward references are Strawberry's:
``Annotated["Offer", strawberry.lazy("schema.offers")]``. A field hides a function of its own name
from the lines below it in the class: name it otherwise.

Who sees which rows is said once a type, and holds for every statement. From an account, a table
with a ``tenant`` carries ``{t}.<tenant> = $n`` wherever it appears; a table of the network (no
tenant) may say ``visible="exists (…{t}…{account}…)"``, asked wherever no row of the tenant holds
the id that leads there. From an affiliate, a table is seen that says ``affiliate="affiliate_id"``,
or a condition, or EVERY; from an operator one with ``operator=True``. Another type does not exist
there: its ids are null, its edges are refused. ``only=Room.ACCOUNT`` narrows one field, ``needs=``
a type to members and keys with that scope.

What a question costs is counted before it is read, so a plain list says ``at_most=``, and a field
whose SQL goes through rows of other tables says ``reads=``, about a third of how many there usually
are, or WHOLE for a list from end to end. ``tests/schema/test_cost_is_honest.py`` reads each field
in a crowd and compares.

Every ``Connection`` has ``emptyBecause``: of an empty list, each given filter with the number of
rows that there would be without it. It follows from the filter's conditions; no type does anything
for it.

A condition takes what the field of the filter gives: a list for ``one_of``, and of an id the UUID,
by the ``prefix`` of its type. ``word`` is ``strawberry.enum_value``.

``sort`` names fields of the type (``-`` first: newest first is the default); the list always ends
in the primary key.

Writing: a mutation that succeeded answers with what the client selected ::

    return await read_one(info, Conversion, conversion.id)  # a member of its union
    answers = await read_many(info, Conversion, ids, at="outcomes.conversion")  # {id: answer}

The request's context is a ``Context``: ``sight``, ``room_id``, and ``read(sql, params)`` giving the
one row of texts that become the JSON. ``check(schema, connection, sight)`` prepares every declared
field against a database.
"""

from schema.reading.declare import (
    EVERY,
    aggregate,
    at_least,
    at_most,
    by_id,
    by_ids,
    column,
    computed,
    contains,
    embedded,
    equals,
    ident,
    money,
    one_of,
    table,
    to_many,
    to_one,
    where,
)
from schema.reading.errors import (
    BadQuestion,
    Misdeclared,
)
from schema.reading.executor import (
    plain,
)
from schema.reading.run import (
    Context,
    Read,
)
from schema.reading.schema import (
    Schema,
    read_many,
    read_one,
)
from schema.reading.scope import (
    Sight,
)
from schema.reading.specs import WHOLE
from schema.reading.types import (
    BigInt,
    Connection,
    Edge,
    Money,
    Node,
    PageInfo,
)
from schema.reading.verify import check

__all__ = [
    "EVERY",
    "WHOLE",
    "BadQuestion",
    "BigInt",
    "Connection",
    "Context",
    "Edge",
    "Misdeclared",
    "Money",
    "Node",
    "PageInfo",
    "Read",
    "Schema",
    "Sight",
    "aggregate",
    "at_least",
    "at_most",
    "by_id",
    "by_ids",
    "check",
    "column",
    "computed",
    "contains",
    "embedded",
    "equals",
    "ident",
    "money",
    "one_of",
    "plain",
    "read_many",
    "read_one",
    "table",
    "to_many",
    "to_one",
    "where",
]
