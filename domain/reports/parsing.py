"""Attribution report pages, from bytes to rows. Pure, and quick enough to be run over a year.

    page = parse(body, Asked(Level.CAMPAIGN, start, end, "USD"))
    page.rows         what may be used
    page.quarantined  what may not, each with a reason a person understands
    page.cursor       what to send to get the next page, None on the last one

A row is used whole or kept apart whole; nothing in it is guessed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from domain.reports import wire
from domain.reports.figures import UnusableFigure, count, minor
from domain.reports.rows import Asked, Level, Row

LONGEST_ID = 512
"""Amazon allows 255 characters in a link; names of campaigns made in its console may be longer."""

_LONGEST_RAW = 8_192
_RELATIONS = {"Promoted": False, "Brand Halo": True}


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row kept apart: why, which one of its page (from 0), and its JSON as received.

    Its day and campaign where they can be read, so that the row is not taken for one that Amazon
    left out.
    """

    reason: str
    position: int
    raw: str
    day: date | None
    campaign_id: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page, read."""

    rows: list[Row]
    quarantined: list[Quarantined]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Peek:
    """What paging needs to know of a page, without reading its rows."""

    cursor: str | None
    empty: bool


class MalformedPage(ValueError):
    """The body is no report page at all: cut off, not JSON, or without a list of reports."""


def parse(body: bytes, asked: Asked) -> Page:
    """Read one page. Raises MalformedPage; a bad row only goes to `quarantined`."""
    envelope = _envelope(body)
    days = _Days(asked)
    read = _reader(asked, days)
    rows: list[Row] = []
    quarantined: list[Quarantined] = []
    for position, raw in enumerate(envelope.reports):
        try:
            rows.append(read(raw))
        except (ValueError, TypeError, RecursionError, msgspec.DecodeError) as error:
            reason = _reason(error, raw, asked)
            quarantined.append(Quarantined(reason, position, _legible(raw), *_about(raw, days)))
    return Page(rows, quarantined, envelope.cursor or None)


def peek(body: bytes) -> Peek:
    """Find the cursor without reading rows. Raises MalformedPage."""
    envelope = _envelope(body)
    return Peek(envelope.cursor or None, empty=not envelope.reports)


def _envelope(body: bytes) -> wire.Envelope:
    try:
        try:
            return wire.decode_envelope(body)
        except msgspec.DecodeError:
            # Half a surrogate pair in one console campaign's name must not cost the whole page.
            return wire.decode_envelope(wire.mended(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedPage(
            f"Amazon's answer of {len(body)} bytes is no report page: {error}. "
            "It may have been cut off on the way; ask for the report again."
        ) from error


class _Unusable(ValueError):
    """Why a row is kept apart, in words."""


class _Days(dict[Any, date]):
    """The days asked for, by Amazon's spelling; any other key is refused with a reason."""

    def __init__(self, asked: Asked) -> None:
        length = (asked.end - asked.start).days + 1
        days = (asked.start + timedelta(days=n) for n in range(length))
        super().__init__((day.strftime("%Y%m%d"), day) for day in days)
        self.asked = asked

    def __missing__(self, key: Any) -> date:
        try:
            day = datetime.strptime(key, "%Y%m%d").replace(tzinfo=UTC).date()
        except (TypeError, ValueError):
            raise _Unusable(f"date is {key!r:.40}, which is no day like 20260131") from None
        raise _Unusable(
            f"date is {day}, outside the days asked for ({self.asked.start} to {self.asked.end})"
        )


def _id(value: Any, key: str) -> str:
    if not value:
        raise _Unusable(f"{key} is missing, so the row cannot be given to anyone")
    if not isinstance(value, str):
        raise _Unusable(f"{key} is not text")
    if "{" in value:
        raise _Unusable(f"{key} is {value!r:.60}, a placeholder that the link never filled")
    if "\0" in value or len(value) > LONGEST_ID:
        raise _Unusable(f"{key} is not an id: it is too long or holds a control character")
    return value


def _name(value: Any, key: str) -> str | None:
    return _id(value, key) if value else None


def _performance(row: wire.PerformanceRow, days: _Days, currency: str, level: Level) -> Row:
    below_campaign = level is not Level.CAMPAIGN
    return Row(
        days[row.date],
        _id(row.campaign_id, "campaignId"),
        _id(row.ad_group_id, "adGroupId") if below_campaign else None,
        _id(row.creative_id, "creativeId") if level is Level.CREATIVE else None,
        _name(row.publisher, "publisher") if below_campaign else None,
        None,
        None,
        count(row.clicks),
        count(row.views),
        count(row.carts),
        count(row.purchases),
        count(row.units),
        minor(row.sales, currency),
        count(row.total_views),
        count(row.total_carts),
        count(row.total_purchases),
        count(row.total_units),
        minor(row.total_sales, currency),
        None,
        None,
        None,
        minor(row.brb, currency),
    )


def _product(row: wire.ProductRow, days: _Days, currency: str) -> Row:
    halo = _RELATIONS.get(row.relation)
    if halo is None:
        raise _Unusable(
            f"productConversionType is {row.relation!r:.40}, neither 'Promoted' nor 'Brand Halo'"
        )
    return Row(
        days[row.date],
        _id(row.campaign_id, "campaignId"),
        _id(row.ad_group_id, "adGroupId"),
        None,
        _name(row.publisher, "publisher"),
        _id(row.asin, "productAsin"),
        halo,
        None,
        count(row.halo_views if halo else row.views),
        count(row.halo_carts if halo else row.carts),
        count(row.halo_purchases if halo else row.purchases),
        count(row.halo_units if halo else row.units),
        minor(row.halo_sales if halo else row.sales, currency),
        None,
        None,
        None,
        None,
        None,
        count(row.halo_new_purchases if halo else row.new_purchases),
        count(row.halo_new_units if halo else row.new_units),
        minor(row.halo_new_sales if halo else row.new_sales, currency),
        None,
    )


def _reader(asked: Asked, days: _Days) -> Callable[[msgspec.Raw], Row]:
    currency, level = asked.currency, asked.level
    if level is Level.PRODUCTS:
        return lambda raw: _product(wire.decode_product(raw), days, currency)
    return lambda raw: _performance(wire.decode_performance(raw), days, currency, level)


def _about(raw: msgspec.Raw, days: _Days) -> tuple[date | None, str | None]:
    """The day and the campaign of a row that cannot be used, each None when it is illegible."""
    try:
        row = wire.decode_performance(raw)
    except (ValueError, RecursionError):
        return None, None
    day = days.get(row.date) if isinstance(row.date, str) else None
    campaign_id = row.campaign_id if isinstance(row.campaign_id, str) else None
    return day, campaign_id or None


def _reason(error: Exception, raw: msgspec.Raw, asked: Asked) -> str:
    if isinstance(error, _Unusable):
        return str(error)
    if isinstance(error, UnusableFigure | TypeError) and (at := _figure_at_fault(raw, asked)):
        return at
    if isinstance(error, TypeError):
        return "The row holds a list or an object where Amazon writes text"
    return f"The row cannot be read: {error}"


def _figure_at_fault(raw: msgspec.Raw, asked: Asked) -> str | None:
    """Read the figures once more, one by one, to name the one that cannot be used."""
    products = asked.level is Level.PRODUCTS
    row = wire.decode_product(raw) if products else wire.decode_performance(raw)
    for field in msgspec.structs.fields(row):
        if field.name in wire.NOT_FIGURES:
            continue
        value = getattr(row, field.name)
        try:
            if field.name.endswith(("sales", "brb")):
                minor(value, asked.currency)
            else:
                count.__wrapped__(value)
        except UnusableFigure as fault:
            return f"{field.encode_name}: {fault}"
    return None


def _legible(raw: msgspec.Raw) -> str:
    return bytes(raw)[:_LONGEST_RAW].decode("utf-8", "replace").replace("\0", "\ufffd")
