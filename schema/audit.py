"""Who did what in an account."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from domain.access import Scope
from schema.reading import (
    BigInt,
    Connection,
    Node,
    at_least,
    at_most,
    column,
    equals,
    one_of,
    table,
    where,
)


@strawberry.input(description="Narrows a list of what was done.")
class AuditEntryFilter:
    actor: str | None = equals("By this person or key, by its id.", "actor")
    action: list[str] | None = one_of("Any of these mutations.", "action")
    subject: strawberry.ID | None = where(
        "What changed something with this id.",
        "{t}.changes @> jsonb_build_array(jsonb_build_object('id', {v}::text))",
    )
    since: datetime | None = at_least("From this moment on.", "at")
    until: datetime | None = at_most("Up to and including this moment.", "at")
    request_id: str | None = equals("In this request.", "request_id")


# A person who has left is no longer seen by the account; their acts keep their id.
_NAME = """coalesce(
    (select m.name from member m
      where m.account_id = {t}.account_id
        and m.person_id = case when {t}.actor ~ '^pers_[0-9a-f]+$' and length({t}.actor) = 37
                               then substr({t}.actor, 6)::uuid end),
    (select k.name from api_key k
      where k.account_id = {t}.account_id
        and k.id = case when {t}.actor ~ '^akey_[0-9a-f]+$' and length({t}.actor) = 37
                        then substr({t}.actor, 6)::uuid end))"""


@table(
    "audit_entry",
    prefix="audt",
    tenant="account_id",
    needs=Scope.ADMINISTER,
    filter=AuditEntryFilter,
    sort=("-number",),
)
class AuditEntry(Node):
    """A mutation that changed something, as it was written in the same transaction. Each entry
    holds on to the one before it, so that one which is altered or removed shows."""

    number: BigInt | None = column(
        "Its place among the account's entries, from 1, without gaps; null for entries of releases"
        " that did not count them."
    )
    actor: str = column("The id of the person or key that did it.")
    actor_name: str | None = column(
        "Their name; null for a person who is a member no longer.", _NAME, reads=2
    )
    action: str = column("The mutation.")
    input: JSON = column("Its arguments, without secrets.", reads=10)
    changes: JSON = column(
        "A list of what changed: the id, and the fields as they were before and after; null before"
        " for what was made, null after for what is gone.",
        reads=10,
    )
    request_id: str | None = column(
        "The request, as the answer's header X-Request-Id said; null for what no request did."
    )
    at: datetime = column("When it was done.")


@strawberry.type(description="A page of what was done.")
class AuditEntryConnection(Connection[AuditEntry]):
    pass
