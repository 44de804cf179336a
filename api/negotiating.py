"""Which of the two forms of an answer a client takes: what `Accept` says, by RFC 9110."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

JSON: Final = "application/json"
"""What clients from before there was a draft of GraphQL over HTTP take: a question that is wrong is
answered with status 200 as well."""
GRAPHQL: Final = "application/graphql-response+json"
"""Its status says whether the question was carried out."""

_KEPT: Final = 200
_PARTS_MAX: Final = 50
"""A browser names some ten; whoever names more has the rest ignored."""


@lru_cache(maxsize=_KEPT)
def media_type(accept: str | None) -> str | None:
    """JSON or GRAPHQL; None when neither is taken. Who takes both alike gets the one named first,
    and who names neither gets JSON."""
    if not accept or not accept.strip():
        return JSON
    wishes = [_wish(part) for part in accept.split(",")[:_PARTS_MAX]]
    found: list[tuple[float, bool, int, str]] = []
    for ours in (JSON, GRAPHQL):
        for pattern in (ours, "application/*", "*/*"):
            places = [place for place, (named, _) in enumerate(wishes) if named == pattern]
            if places:  # The narrowest pattern decides, and of the same twice the first.
                place = places[0]
                found.append((wishes[place][1], pattern == ours, -place, ours))
                break
    # Where all is alike, max keeps the first, which is JSON.
    best = max(found, key=lambda each: each[:3], default=None)
    return best[3] if best is not None and best[0] > 0 else None


def _wish(part: str) -> tuple[str, float]:
    """A pattern and how much it is wanted, from 0 to 1; what is no such number says nothing."""
    pattern, *parameters = (each.strip().lower() for each in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                wanted = float(value)
            except ValueError:
                break
            return pattern, wanted if 0 <= wanted <= 1 else 1.0
    return pattern, 1.0
