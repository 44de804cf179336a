"""What any mutation may refuse."""

import strawberry

from domain import errors, ids
from schema.errors import Refusal, said, shows


@shows(errors.NotFound)
class NotFound(Refusal):
    """Your account has nothing of this kind and id; of other accounts' it says the same."""

    what: str = said("The kind of thing, in words: store, seller account.", of="kind")
    id: strawberry.ID = said("The id that was given.")


@shows(errors.InvalidInput)
class InvalidInput(Refusal):
    """One field of the input cannot be used."""

    field: str = said("The field's name.")
    reason: str = said("What is wrong with it and what would be right.")


@shows(ids.WrongId)
class WrongId(Refusal):
    """An id that is none, or that of another kind of thing."""

    id: strawberry.ID = said("What was given.")
    prefix: str | None = said(
        "How an id of the right kind begins; null where several kinds will do."
    )
