"""Whose row is it? From Amazon's ids, which are the texts of our tags, to our own. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from domain.conversions.rules import Terms
from domain.links.tags import is_ours
from domain.reports.rows import Level, Row


@dataclass(frozen=True, slots=True)
class Partner:
    """A campaign: one affiliate of one store, and what its days are paid with."""

    partnership_id: UUID
    store_id: UUID
    affiliate_id: UUID
    connected: bool
    """False once the store was disconnected: its rows are no longer taken in."""
    terms: Terms


class OwnTag(Exception):
    """The row carries none of our tokens: it belongs to a tag that the brand made itself."""


class Unknown(Exception):
    """The row looks like ours and is not to be found; the message says so to a person."""


@dataclass(slots=True)
class Subjects:
    """The tags of one profile, by token."""

    partners: dict[str, Partner] = field(default_factory=dict)
    ad_groups: dict[tuple[str, str | None], UUID] = field(default_factory=dict)
    links: dict[tuple[str, str | None, str | None], UUID] = field(default_factory=dict)
    visible: set[UUID] = field(default_factory=set)
    """Subjects that have shown a figure; the others are masked."""

    def ids(self, level: Level) -> list[UUID]:
        """Every subject of the connected stores that a row of the level can be about."""
        connected = {token for token, partner in self.partners.items() if partner.connected}
        match level:
            case Level.CAMPAIGN:
                return [self.partners[token].partnership_id for token in connected]
            case Level.CREATIVE:
                return [id for tokens, id in self.links.items() if tokens[0] in connected]
            case Level.ADGROUP | Level.PRODUCTS:
                return [id for tokens, id in self.ad_groups.items() if tokens[0] in connected]

    def fingerprint(self) -> bytes:
        """Tells one set of tags from another: the same report read with either is not the same."""
        tokens = sorted(t for t, partner in self.partners.items() if partner.connected)
        return repr((tokens, sorted(self.ad_groups), sorted(self.links))).encode()

    def partner(self, row: Row) -> Partner:
        """The campaign of a row. Raises OwnTag or Unknown."""
        found = self.partners.get(row.campaign_id)
        if found is not None:
            return found
        if not is_ours(row.campaign_id):
            raise OwnTag
        raise Unknown(
            f"campaignId {row.campaign_id} has our form, but no partnership of this account has it"
        )

    def subject(self, level: Level, row: Row, partner: Partner) -> UUID:
        """What the level groups by. Raises Unknown."""
        match level:
            case Level.CAMPAIGN:
                return partner.partnership_id
            case Level.CREATIVE:
                found = self.links.get((row.campaign_id, row.ad_group_id, row.creative_id))
            case Level.ADGROUP | Level.PRODUCTS:
                found = self.ad_groups.get((row.campaign_id, row.ad_group_id))
        if found is None:
            raise Unknown(
                f"no link of campaign {row.campaign_id} has adGroupId {row.ad_group_id}"
                + (f" and creativeId {row.creative_id}" if level is Level.CREATIVE else "")
            )
        return found
