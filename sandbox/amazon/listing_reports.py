"""Reports of the selling API: asked for, queued, done, and downloaded from a URL that dies."""

from __future__ import annotations

import gzip
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.amazon.listing_files import compress, write_file
from sandbox.cast.nouns import Cast, Product, Sku
from sandbox.clock import Clock
from sandbox.marketplaces import BY_ID, Marketplace
from sandbox.switches import Switches

LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
URL_LIFETIME = timedelta(minutes=5)
KEPT = timedelta(days=90)
PATIENCE = timedelta(minutes=2)
"""When the clock has moved so far, a report is finished however often it was asked after."""


class ReportRefused(ValueError):
    """The selling API answers InvalidInput with this text."""


@dataclass(slots=True)
class ListingReport:
    id: str
    seller_id: str
    report_type: str
    marketplace_ids: list[str]
    created_at: datetime
    options: Mapping[str, str]
    polls: int = 0
    status: str = "IN_QUEUE"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    document_id: str | None = None

    def as_json(self) -> dict[str, object]:
        body: dict[str, object] = {
            "reportId": self.id,
            "reportType": self.report_type,
            "processingStatus": self.status,
            "createdTime": _text(self.created_at),
            "marketplaceIds": self.marketplace_ids,
        }
        if self.started_at is not None:
            body["processingStartTime"] = _text(self.started_at)
        if self.ended_at is not None:
            body["processingEndTime"] = _text(self.ended_at)
        if self.document_id is not None:
            body["reportDocumentId"] = self.document_id
        return body


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    seller_id: str
    content: bytes
    content_type: str
    gzipped: bool


@dataclass(slots=True)
class Link:
    """A presigned URL's secret half."""

    document: Document
    expires_at: datetime
    signature: str


@dataclass(slots=True)
class _Shelf:
    reports: dict[tuple[str, str], ListingReport] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)


class ListingReports:
    def __init__(self, cast: Cast, clock: Clock, switches: Switches, seed: int) -> None:
        self._cast, self._clock, self._switches = cast, clock, switches
        self._chance = random.Random(f"listing reports {seed}")
        self._shelf = _Shelf()

    def create(
        self,
        seller_id: str,
        report_type: str,
        marketplace_ids: list[str],
        options: Mapping[str, str],
    ) -> ListingReport:
        """Raises ReportRefused. Of several marketplaces only the first is honoured."""
        if report_type != LISTINGS:
            raise ReportRefused(f"Report type {report_type} is not supported.")
        if not 1 <= len(marketplace_ids) <= 25:
            raise ReportRefused("marketplaceIds must have between 1 and 25 entries.")
        seller = self._cast.sellers[seller_id]
        if marketplace_ids[0] not in seller.marketplaces:
            raise ReportRefused(f"Marketplace {marketplace_ids[0]} is not valid for this account.")
        id = f"ID{self._chance.randrange(10**5, 10**6)}{len(self._shelf.reports)}"
        report = ListingReport(
            id, seller_id, report_type, marketplace_ids, self._clock.now(), dict(options)
        )
        self._shelf.reports[seller_id, id] = report
        return report

    def poll(self, seller_id: str, id: str) -> ListingReport | None:
        """The report, a step further on its way."""
        report = self._shelf.reports.get((seller_id, id))
        if report is None or self._clock.now() - report.created_at > KEPT:
            return None
        report.polls += 1
        self._walk(report)
        return report

    def listed(self, seller_id: str, types: list[str], since: datetime) -> list[ListingReport]:
        """The newest first."""
        found = [
            one
            for (owner, _), one in self._shelf.reports.items()
            if owner == seller_id and one.report_type in types and one.created_at >= since
        ]
        for report in found:
            self._walk(report)
        return sorted(found, key=lambda one: one.created_at, reverse=True)

    def cancel(self, seller_id: str, id: str) -> bool:
        report = self._shelf.reports.get((seller_id, id))
        if report is None or report.status != "IN_QUEUE":
            return False
        report.status, report.ended_at = "CANCELLED", self._clock.now()
        return True

    def sign(self, seller_id: str, document_id: str) -> Link | None:
        """A new URL for a document, good for five minutes of the sandbox's clock."""
        document = self._shelf.documents.get(document_id)
        if document is None or document.seller_id != seller_id:
            return None
        link = Link(
            document,
            self._clock.now() + URL_LIFETIME,
            f"{self._chance.getrandbits(256):064x}",
        )
        self._shelf.links[link.signature] = link
        return link

    def link(self, signature: str) -> Link | None:
        return self._shelf.links.get(signature)

    @staticmethod
    def shrink(document: Document, keep: float) -> bytes:
        """Only the first share of a document's lines, as of a file that broke off."""
        raw = gzip.decompress(document.content) if document.gzipped else document.content
        lines = raw.splitlines(keepends=True)
        short = b"".join(lines[: 1 + int((len(lines) - 1) * keep)])
        return compress(short) if document.gzipped else short

    def _walk(self, report: ListingReport) -> None:
        if report.status not in ("IN_QUEUE", "IN_PROGRESS"):
            return
        now = self._clock.now()
        waited = now - report.created_at >= PATIENCE
        if report.polls > self._switches.report_polls or waited:
            self._finish(report)
        elif report.polls > 1:
            report.status, report.started_at = "IN_PROGRESS", report.started_at or now

    def _finish(self, report: ListingReport) -> None:
        now = self._clock.now()
        report.started_at, report.ended_at = report.started_at or now, now
        listings = self._listings(report.seller_id, BY_ID[report.marketplace_ids[0]])
        report.status = self._switches.report_outcome if listings else "CANCELLED"
        if report.status == "CANCELLED":
            return
        report.document_id = f"amzn1.spdoc.1.4.na.{self._chance.getrandbits(128):032x}"
        self._shelf.documents[report.document_id] = (
            self._explanation(report)
            if report.status == "FATAL"
            else self._document(report, listings)
        )

    def _listings(self, seller_id: str, marketplace: Marketplace) -> list[tuple[Product, Sku]]:
        return [
            (product, sku)
            for product in self._cast.by_seller.get(seller_id, ())
            if marketplace.id in product.prices_minor
            for sku in product.skus
        ]

    def _document(self, report: ListingReport, listings: list[tuple[Product, Sku]]) -> Document:
        kept = listings[: int(len(listings) * self._switches.file_keep)]
        charset = self._switches.file_charset
        content = write_file(
            kept,
            BY_ID[report.marketplace_ids[0]],
            frozenset(self._switches.file_headers),
            charset,
            report.options.get("preferredReportDocumentLocale") == "en_US",
        )
        kind = "text/plain" if charset == "none" else f"text/plain;charset={charset}"
        zipped = self._switches.file_gzip
        return Document(
            report.document_id or "",
            report.seller_id,
            compress(content) if zipped else content,
            kind,
            zipped,
        )

    def _explanation(self, report: ListingReport) -> Document:
        text = '{"errorDetails":"The report could not be generated. Try again later."}'
        return Document(
            report.document_id or "",
            report.seller_id,
            text.encode(),
            "application/json;charset=UTF-8",
            False,
        )


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
