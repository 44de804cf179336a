"""The books: per store, campaign, day and level, what happened, what is visible, what is seen.

Four views of the same day, all at one moment (`as_of`):

- `happened`: every event up to then, whether Amazon reports it or not;
- `visible`: what Amazon has counted by then, as if nothing were masked;
- `seen`: what a report of that level shows a perfect reader, masked groups being zero;
- `awaited`: what happened and will still be counted, and `never`: what never will be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sandbox.cast.nouns import Cast
from sandbox.shopping.events import Event, Tag
from sandbox.switches import Switches
from sandbox.truth.facts import FIGURES, Fact, Replay

LEVELS = ("CAMPAIGN", "ADGROUP", "CREATIVE", "PRODUCTS")

Key = tuple[str | bool, ...]
Figures = dict[str, int]


class BooksError(ValueError):
    """The books were asked for something that they do not hold."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the books. A store is a brand in one marketplace: `brand:COUNTRY`."""

    as_of: datetime
    profile_id: str | None = None
    store: str | None = None
    start: date | None = None
    end: date | None = None
    level: str = "CAMPAIGN"


class Books:
    def __init__(self, cast: Cast, switches: Switches, events: Sequence[Event]) -> None:
        self._cast, self._switches, self._events = cast, switches, events
        self._replay = Replay(cast, switches)

    def answer(self, question: Question) -> dict[str, object]:
        """Raises BooksError for an unknown profile, store or level."""
        if question.level not in LEVELS:
            raise BooksError(f"level is one of {', '.join(LEVELS)}, not {question.level}")
        self._replay.catch_up(self._events)
        profile_ids, brand_id = self._whose(question)
        rows = [
            row for profile_id in profile_ids for row in self._rows(question, profile_id, brand_id)
        ]
        return {
            "as_of": question.as_of.isoformat(),
            "level": question.level,
            "mask_threshold": self._switches.mask_threshold,
            "profiles": [self._profile(id) for id in profile_ids],
            "store": question.store,
            "rows": rows,
            "totals": {
                view: _with_totals(_sum(row[view] for row in rows))
                for view in ("happened", "visible", "seen")
            },
            "lost": self._lost(question, profile_ids),
        }

    def _whose(self, question: Question) -> tuple[list[str], str | None]:
        if question.profile_id is not None:
            if question.profile_id not in self._cast.profiles:
                raise BooksError(f"there is no profile {question.profile_id}")
            return [question.profile_id], None
        if question.store is None:
            return sorted(self._cast.profiles), None
        brand_id, _, country = question.store.partition(":")
        brand = self._cast.brands.get(brand_id)
        if brand is None:
            raise BooksError(
                f"there is no brand {brand_id}; it is one of {list(self._cast.brands)}"
            )
        profiles = [
            profile.id
            for profile in self._cast.profiles.values()
            if profile.account_id == brand.seller_id
            and profile.advertiser_id is not None
            and profile.marketplace.country == (country or "US").replace("UK", "GB")
        ]
        return profiles, brand_id

    def _rows(
        self, question: Question, profile_id: str, brand_id: str | None
    ) -> list[dict[str, object]]:
        facts = self._replay.facts.get(profile_id, [])
        clicks = _clicks_seen(facts, question)
        days: dict[Key, list[Fact]] = {}
        for fact in facts:
            if fact.happened_at > question.as_of or not _inside(fact.day, question):
                continue
            if brand_id is not None and fact.brand_id != brand_id:
                continue
            if question.level == "PRODUCTS" and fact.asin is None:
                continue
            days.setdefault((*_group(fact, question.level), fact.day.isoformat()), []).append(fact)
        rows = []
        for key in sorted(days, key=lambda key: tuple(map(str, key))):
            found = days[key]
            lifetime = clicks.get(_counted_group(found[0].tag, question.level), 0)
            rows.append(self._row(question, profile_id, found, lifetime))
        return rows

    def _row(
        self, question: Question, profile_id: str, facts: list[Fact], lifetime: int
    ) -> dict[str, object]:
        first = facts[0]
        masked = lifetime < self._switches.mask_threshold
        as_of = question.as_of
        visible = [one for one in facts if one.visible_at is not None and one.visible_at <= as_of]
        awaited = [one for one in facts if one.visible_at is not None and one.visible_at > as_of]
        shown = _sum(one.figures for one in visible)
        return {
            "profile": profile_id,
            "stores": sorted({self._store(profile_id, one.brand_id) for one in facts}),
            "made_in_console": first.tag.console,
            "date": first.day.isoformat(),
            **_names(first, question.level),
            "lifetime_clicks": lifetime,
            "masked": masked,
            "reported": bool(visible),
            "happened": _with_totals(_sum(one.figures for one in facts)),
            "visible": _with_totals(shown),
            "seen": _with_totals({} if masked else shown),
            "awaited": _with_totals(_sum(one.figures for one in awaited)),
            "never": _with_totals(_sum(one.figures for one in facts if one.visible_at is None)),
        }

    def _store(self, profile_id: str, brand_id: str | None) -> str:
        return f"{brand_id}:{self._cast.profiles[profile_id].marketplace.country}"

    def _profile(self, profile_id: str) -> dict[str, object]:
        profile = self._cast.profiles[profile_id]
        return {
            "id": profile_id,
            "account_id": profile.account_id,
            "name": profile.account_name,
            "marketplace": profile.marketplace.id,
            "currency": profile.marketplace.currency,
            "timezone": profile.marketplace.timezone,
        }

    def _lost(self, question: Question, profile_ids: list[str]) -> dict[str, dict[str, int]]:
        """Clicks and order lines that no tag has, by reason, up to the moment asked for."""
        counted: dict[str, dict[str, int]] = {"click": {}, "line": {}}
        for profile_id, at, what, reason in self._replay.lost:
            if at <= question.as_of and (profile_id is None or profile_id in profile_ids):
                counted[what][reason] = counted[what].get(reason, 0) + 1
        return {"clicks": counted["click"], "lines": counted["line"]}


def _inside(day: date, question: Question) -> bool:
    return (question.start is None or day >= question.start) and (
        question.end is None or day <= question.end
    )


def _group(fact: Fact, level: str) -> Key:
    if level == "PRODUCTS":
        return (*_counted_group(fact.tag, level), fact.asin or "", fact.halo)
    return _counted_group(fact.tag, level)


def _counted_group(tag: Tag, level: str) -> Key:
    """The group whose lifetime clicks decide whether a row is masked."""
    if level == "CAMPAIGN":
        return (tag.campaign,)
    if level == "CREATIVE":
        return (tag.campaign, tag.adgroup, tag.creative, tag.publisher)
    return (tag.campaign, tag.adgroup, tag.publisher)


def _names(fact: Fact, level: str) -> dict[str, object]:
    names: dict[str, object] = {"campaign": fact.tag.campaign}
    if level != "CAMPAIGN":
        names |= {"adgroup": fact.tag.adgroup, "publisher": fact.tag.publisher}
    if level == "CREATIVE":
        names["creative"] = fact.tag.creative
    if level == "PRODUCTS":
        names |= {"asin": fact.asin, "halo": fact.halo}
    return names


def _clicks_seen(facts: list[Fact], question: Question) -> dict[Key, int]:
    """The lifetime clicks that Amazon has counted by the moment asked for, per group."""
    clicks: dict[Key, int] = {}
    for fact in facts:
        count = fact.figures.get("clicks", 0)
        if count and fact.visible_at is not None and fact.visible_at <= question.as_of:
            group = _counted_group(fact.tag, question.level)
            clicks[group] = clicks.get(group, 0) + count
    return clicks


def _sum(many: Iterable[object]) -> Figures:
    total: Figures = {}
    for figures in many:
        assert isinstance(figures, dict)
        for name, figure in figures.items():
            if name in FIGURES:
                total[name] = total.get(name, 0) + figure
    return total


def _with_totals(figures: Figures) -> Figures:
    """All figures by name, with promoted and halo added up, and the bonus in minor units."""
    full = dict.fromkeys(FIGURES, 0) | figures
    for what in ("views", "carts", "purchases", "units", "sales_minor"):
        full[f"total_{what}"] = full[f"promoted_{what}"] + full[f"halo_{what}"]
    full["bonus_minor"] = half_even(full["bonus_exact"])
    return full


def half_even(exact: int) -> int:
    """Ten-thousandths of a minor unit to minor units."""
    whole, rest = divmod(exact, 10_000)
    return whole + (1 if rest > 5_000 or (rest == 5_000 and whole % 2) else 0)
