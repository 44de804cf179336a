"""What the Selling Partner API answers: our nouns, and the shapes of its bodies that fill them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec


class ReportState(StrEnum):
    """How far Amazon is with a report. CANCELLED also means that there is no data."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FATAL = "FATAL"


@dataclass(frozen=True, slots=True)
class ReportProgress:
    """`document_id` is there when DONE; with FATAL it may be, and then says why."""

    state: ReportState
    document_id: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """Where a report's document lies for five minutes, and how it is packed."""

    url: str = field(repr=False)
    compression: str | None


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """What Amazon's catalogue says of an ASIN in one marketplace; None where it says nothing."""

    asin: str
    title: str | None
    brand: str | None
    image_url: str | None
    product_type: str | None
    category: str | None


class ReportOrdered(msgspec.Struct, rename="camel"):
    report_id: str


class ReportStatus(msgspec.Struct, rename="camel"):
    processing_status: ReportState
    report_document_id: str | None = None


class DocumentLocated(msgspec.Struct, rename="camel"):
    url: str
    compression_algorithm: str | None = None


class _Pagination(msgspec.Struct, rename="camel"):
    next_token: str | None = None


class SearchPage(msgspec.Struct, rename="camel"):
    """What paging needs to know of a page of listings or of catalogue items."""

    number_of_results: int = 0
    pagination: _Pagination | None = None


class _Browse(msgspec.Struct, rename="camel"):
    display_name: str | None = None


class _Summary(msgspec.Struct, rename="camel"):
    marketplace_id: str
    brand: str | None = None
    item_name: str | None = None
    browse_classification: _Browse | None = None


class _Image(msgspec.Struct):
    link: str
    variant: str = ""


class _Images(msgspec.Struct, rename="camel"):
    marketplace_id: str
    images: list[_Image] = []


class _ProductType(msgspec.Struct, rename="camel"):
    marketplace_id: str
    product_type: str | None = None


class _CatalogItem(msgspec.Struct, rename="camel"):
    asin: str
    summaries: list[_Summary] = []
    images: list[_Images] = []
    product_types: list[_ProductType] = []

    def named(self, marketplace_id: str) -> CatalogItem:
        summary = next(
            (s for s in self.summaries if s.marketplace_id == marketplace_id),
            _Summary(marketplace_id),
        )
        browse = summary.browse_classification
        pictures = [
            image.link
            for group in self.images
            if group.marketplace_id == marketplace_id
            for image in sorted(group.images, key=lambda image: image.variant != "MAIN")
        ]
        kinds = [p.product_type for p in self.product_types if p.marketplace_id == marketplace_id]
        return CatalogItem(
            asin=self.asin,
            title=summary.item_name,
            brand=summary.brand,
            image_url=next(iter(pictures), None),
            product_type=next(iter(kinds), None),
            category=browse.display_name if browse else None,
        )


class CatalogPage(msgspec.Struct):
    items: list[_CatalogItem]
