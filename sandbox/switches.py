"""Every quirk and contradiction of Amazon's that the sandbox can play, one switch each.

The defaults are what was recorded from the live API wherever a recording exists. Switches of the
group FROZEN decide how an event is dated; they can be set until the first event is recorded, so
that no day is counted by two rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]

FROZEN = frozenset({"row_dates", "click_delay_hours", "conversion_delay_hours", "restatement_days"})

CHOICES: dict[str, tuple[JsonValue, ...]] = {
    "publishers_key": ("publishers", "publisher"),
    "tag_map": ("unwrapped", "wrapped"),
    "tag_placeholders": ("insertCampaign", "insertCampaignId", "campaignId"),
    "count_key": ("count", "size", "both"),
    "last_cursor": ("null", "missing", "empty"),
    "masked_form": ("zeros", "clicks_shown", "null_ids", "absent"),
    "row_order": ("group", "date", "shuffled"),
    "rows": ("daily", "range"),
    "end_date": ("inclusive", "exclusive"),
    "max_count": (5_000, 10_000),
    "row_dates": ("profile", "utc"),
    "not_eligible": ("400_message", "403_maas"),
    "missing_scope_status": (401, 400),
    "error_codes": ("numbers", "words"),
    "login_errors": ("plain", "detailed"),
    "report_outcome": ("DONE", "CANCELLED", "FATAL"),
    "file_charset": ("UTF-8", "cp1252", "none"),
}

FILE_HEADERS = (
    "deprecated",
    "fulfilment",
    "no_status",
    "trailing",
    "trailing_without_cells",
    "custom",
    "localized",
    "unknown_columns",
)


class SwitchError(ValueError):
    """A switch was set to what it cannot be."""


@dataclass(slots=True)
class Switches:
    """The state of every switch. `docs/sandbox.md` has a line for each."""

    publishers_key: str = "publishers"
    tag_map: str = "unwrapped"
    tag_placeholders: str = "insertCampaign"
    count_key: str = "count"
    last_cursor: str = "null"
    masked_form: str = "zeros"
    mask_threshold: int = 10
    row_order: str = "group"
    rows: str = "daily"
    float_noise: bool = True
    total_metrics: bool = True
    kindle_metrics: bool = False
    end_date: str = "inclusive"
    max_count: int = 5_000
    page_rows: int = 0
    console_campaigns: bool = True
    tag_call_required: bool = True
    row_dates: str = "profile"
    click_delay_hours: int = 24
    conversion_delay_hours: int = 48
    restatement_days: list[int] = field(default_factory=lambda: [1, 7, 28])
    not_eligible: str = "400_message"
    missing_scope_status: int = 401
    error_codes: str = "numbers"
    profile_delay_hours: int = 0
    login_errors: str = "plain"
    return_urls: list[str] = field(default_factory=list)
    quota_scale: float = 1.0
    quota_header: bool = True
    report_polls: int = 2
    report_outcome: str = "DONE"
    file_gzip: bool = True
    file_charset: str = "UTF-8"
    file_headers: list[str] = field(default_factory=list)
    file_keep: float = 1.0

    def as_json(self) -> dict[str, JsonValue]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def change(self, wanted: Mapping[str, JsonValue], *, begun: bool) -> None:
        """Set the named switches, all of them or none.

        `begun` says whether an event has been recorded, which freezes some switches.
        """
        for name, value in wanted.items():
            self._check(name, value, begun)
        for name, value in wanted.items():
            setattr(self, name, value)

    def _check(self, name: str, value: JsonValue, begun: bool) -> None:
        if name not in (one.name for one in fields(self)):
            raise SwitchError(f"there is no switch {name!r}; GET /sandbox/switches lists them")
        if name in CHOICES and value not in CHOICES[name]:
            allowed = ", ".join(str(choice) for choice in CHOICES[name])
            raise SwitchError(f"{name} can be {allowed}, not {value!r}")
        held = getattr(self, name)
        if not _same_kind(held, value):
            raise SwitchError(f"{name} takes a {type(held).__name__}, not {value!r}")
        if isinstance(value, (int, float)) and value < 0:
            raise SwitchError(f"{name} cannot be negative")
        if name == "file_headers" and isinstance(value, list):
            strange = [one for one in value if one not in FILE_HEADERS]
            if strange:
                raise SwitchError(f"file_headers knows {', '.join(FILE_HEADERS)}, not {strange}")
        if name in FROZEN and begun and value != held:
            raise SwitchError(f"{name} is fixed once an event is recorded; start a new sandbox")


def _same_kind(held: JsonValue, value: JsonValue) -> bool:
    if isinstance(held, bool) or isinstance(value, bool):
        return isinstance(held, bool) and isinstance(value, bool)
    if isinstance(held, float):
        return isinstance(value, (int, float))
    if isinstance(held, list):
        return isinstance(value, list)
    return isinstance(value, type(held))
