"""What workers have promised and not yet done."""

from datetime import datetime

import strawberry

from schema.enums import DutyKind
from schema.reading import Connection, Node, column, one_of, table, where


@strawberry.input(description="Narrows a list of duties.")
class DutyFilter:
    kind: list[DutyKind] | None = one_of("Any of these.", "kind")
    dead: bool | None = where("Given up or not.", "({t}.dead_at is not null) = {v}")


@table("duty", prefix="duty", tenant="account_id", filter=DutyFilter, sort=("run_at",))
class Duty(Node):
    """Work that is promised; it is gone from the list when it is done."""

    kind: DutyKind = column("What is to be done.")
    subject: str = column("What it is about; there is one of a kind and subject.")
    run_at: datetime = column("Not before.")
    attempts: int = column("How often it was tried.")
    dead_at: datetime | None = column("When it was given up; null while it is tried again.")
    last_error: str | None = column("Why the last try failed; null when none has.")


@strawberry.type(description="A page of duties.")
class DutyConnection(Connection[Duty]):
    pass
