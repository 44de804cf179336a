"""Reads what shoppers are said to do, and has the journal take it down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sandbox.marketplaces import BY_ID, US
from sandbox.shopping.events import Click, Line, Return
from sandbox.shopping.journal import ShoppingError
from sandbox.shopping.landing import Arrival
from sandbox.world import World

Deed = Mapping[str, object]

KNOWN = {
    "click": {"url", "shopper", "at", "times", "marketplace"},
    "purchase": {"shopper", "at", "marketplace", "lines", "late_days", "renewal"},
    "return": {"order_id", "asin", "quantity", "at"},
    "cancellation": {"order_id", "at"},
}
LINE = {"asin", "quantity", "price_minor", "subscribe_and_save"}


def moment_of(text: object) -> datetime:
    """A moment in ISO 8601 with a time zone."""
    if not isinstance(text, str):
        raise ShoppingError(f"{text!r} is not a moment; write 2026-08-02T08:00:00Z")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ShoppingError(f"{text} has no time zone; write 2026-08-02T08:00:00Z")
    return moment.astimezone(UTC)


def do(world: World, deed: Deed) -> dict[str, object]:
    """Raises ShoppingError for what cannot be; what came before it in a list has happened."""
    kind = deed.get("type")
    if kind not in KNOWN:
        raise ShoppingError(f"type is one of {', '.join(KNOWN)}, not {kind!r}")
    if strange := sorted(set(deed) - KNOWN[str(kind)] - {"type"}):
        raise ShoppingError(f"a {kind} has no {', '.join(strange)}")
    at = None if deed.get("at") is None else moment_of(deed["at"])
    if kind == "click":
        return _click(world, deed, at)
    if kind == "purchase":
        return _purchase(world, deed, at)
    if kind == "return":
        returned = world.journal.give_back(
            str(deed.get("order_id")), str(deed.get("asin")), _whole(deed, "quantity", 1), at
        )
        return _return_json(returned)
    order = world.journal.known_order(str(deed.get("order_id")))
    return {"order_id": order.id, "cancelled": world.shoppers.cancel(order, at)}


def _click(world: World, deed: Deed, at: datetime | None) -> dict[str, object]:
    """One click of a shopper, or `times` clicks of as many new shoppers."""
    url = deed.get("url")
    if not isinstance(url, str):
        raise ShoppingError("a click needs a url")
    shop = None if deed.get("marketplace") is None else BY_ID[_marketplace(deed)]
    times = _whole(deed, "times", 1)
    count = len(world.journal.events)
    shopper = str(deed.get("shopper") or f"shopper-{count + 1}")
    shoppers = [shopper] if times == 1 else [f"{shopper}-{place + 1}" for place in range(times)]
    for one in shoppers:
        click, arrival = world.journal.click(url, one, at, shop)
    return {**_click_json(click, arrival), "times": times, "shoppers": shoppers}


def _purchase(world: World, deed: Deed, at: datetime | None) -> dict[str, object]:
    listed = deed.get("lines")
    if not isinstance(listed, list) or not deed.get("shopper"):
        raise ShoppingError("a purchase needs a shopper and a list of lines")
    marketplace_id = _marketplace(deed)
    order = world.journal.order(
        str(deed["shopper"]),
        [_line(world, line, marketplace_id) for line in listed],
        marketplace_id,
        at,
        renewal=bool(deed.get("renewal", False)),
        late_days=None if deed.get("late_days") is None else _whole(deed, "late_days", 0),
    )
    lines = [
        {"asin": one.asin, "quantity": one.quantity, "price_minor": one.price_minor}
        for one in order.lines
    ]
    return {
        "order_id": order.id,
        "shopper": order.shopper,
        "at": order.at.isoformat(),
        "lines": lines,
    }


def _line(world: World, line: object, marketplace_id: str) -> Line:
    if not isinstance(line, dict) or (strange := sorted(set(line) - LINE)):
        raise ShoppingError(f"a line has {', '.join(sorted(LINE))}; {strange} is not one of them")
    asin = str(line.get("asin"))
    price = world.journal.price_of(asin, marketplace_id)
    return Line(
        asin,
        _whole(line, "quantity", 1),
        _whole(line, "price_minor", price),
        bool(line.get("subscribe_and_save", False)),
    )


def _marketplace(deed: Deed) -> str:
    id = str(deed.get("marketplace") or US.id)
    if id not in BY_ID:
        raise ShoppingError(f"there is no marketplace {id}")
    return id


def _whole(deed: Mapping[str, object], name: str, otherwise: int) -> int:
    value = deed.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ShoppingError(f"{name} must be a whole number, not {value!r}")
    return value


def _click_json(click: Click, arrival: Arrival) -> dict[str, object]:
    return {
        "click_id": click.id,
        "at": click.at.isoformat(),
        "measured": click.measured,
        "takes_conversions": click.credits,
        "problems": list(click.problems),
        "notes": list(arrival.notes),
    }


def _return_json(returned: Return) -> dict[str, object]:
    return {
        "return_id": returned.id,
        "order_id": returned.order_id,
        "quantity": returned.quantity,
        "at": returned.at.isoformat(),
    }
