"""Closed sets of words. The name in GraphQL is the word in the database."""

from enum import Enum

import strawberry
from strawberry import enum_value as word


@strawberry.enum(description="What an account pays for, from the smallest to the largest.")
class Plan(Enum):
    LAUNCH = word("LAUNCH", description="The smallest plan.")
    GROWTH = word("GROWTH", description="The second smallest plan.")
    SCALE = word("SCALE", description="The second largest plan.")
    ENTERPRISE = word("ENTERPRISE", description="The largest plan; Amazon stores need it.")


@strawberry.enum(description="What an account is granted once and keeps.")
class Entitlement(Enum):
    AMAZON = word("AMAZON", description="To connect stores on Amazon.")


@strawberry.enum(description="Which of Amazon's two applications a seller consents to.")
class Api(Enum):
    ADS = word("ADS", description="Advertising: profiles, tags and reports.")
    SELLING_PARTNER = word("SELLING_PARTNER", description="Selling: the products of the store.")


@strawberry.enum(description="Where a seller's consent stands.")
class GrantState(Enum):
    AWAITING_CONSENT = word("AWAITING_CONSENT", description="The seller has not answered yet.")
    CONNECTING = word("CONNECTING", description="Given; it is being exchanged for access.")
    CONNECTED = word("CONNECTED", description="It works.")
    RECONNECT = word("RECONNECT", description="Amazon no longer honours it: consent again.")
    DECLINED = word("DECLINED", description="It could not be used; `problem` says why.")


@strawberry.enum(description="Where Amazon keeps a profile.")
class Region(Enum):
    NA = word("NA", description="North America.")
    EU = word("EU", description="Europe.")
    FE = word("FE", description="Far East.")


@strawberry.enum(description="Whose advertising profile it is.")
class ProfileKind(Enum):
    SELLER = word("SELLER", description="Of a seller in Seller Central; such can be connected.")
    VENDOR = word("VENDOR", description="Of a vendor in Vendor Central; refused.")
    AGENCY = word("AGENCY", description="Of an agency that sells nothing itself; refused.")


@strawberry.enum(description="Whether a profile may use Amazon Attribution.")
class Attribution(Enum):
    UNKNOWN = word("UNKNOWN", description="Amazon has not said yet.")
    ELIGIBLE = word("ELIGIBLE", description="It may, which shows that the brand is registered.")
    NOT_ELIGIBLE = word("NOT_ELIGIBLE", description="It may not: the brand is not registered.")


@strawberry.enum(description="Where a store sells.")
class Channel(Enum):
    AMAZON = word("AMAZON", description="On Amazon.")
    DTC = word("DTC", description="Direct to consumers, in a shop of the brand's own.")


@strawberry.enum(description="The software that a store runs on.")
class Platform(Enum):
    AMAZON = word("AMAZON", description="Amazon's marketplace.")
    CUSTOM = word("CUSTOM", description="A shop of the brand's own, made in any way.")


@strawberry.enum(description="Whether a store works, and what to do when it does not.")
class StoreStatus(Enum):
    CONNECTED = word("CONNECTED", description="It works.")
    MEASURING_NOT_CONFIRMED = word(
        "MEASURING_NOT_CONFIRMED", description="Amazon has not confirmed that it measures; wait."
    )
    RECONNECT = word("RECONNECT", description="A consent was lost: the seller must give it again.")
    DISCONNECTED = word("DISCONNECTED", description="Nothing is fetched; open sales still settle.")


@strawberry.enum(description="Who sends a product to the customer.")
class Fulfilment(Enum):
    AMAZON = word("AMAZON", description="Amazon, from its own warehouses.")
    MERCHANT = word("MERCHANT", description="The merchant.")


@strawberry.enum(description="Whether a product is for sale.")
class ProductStatus(Enum):
    ACTIVE = word("ACTIVE", description="It is listed.")
    INACTIVE = word("INACTIVE", description="It is not, or is missing from several listings.")


@strawberry.enum(description="Whether an affiliate promotes a store.")
class PartnershipStatus(Enum):
    ACTIVE = word("ACTIVE", description="New links can be made.")
    PAUSED = word("PAUSED", description="No new links for a while; links made before still work.")
    ENDED = word("ENDED", description="No new links; links made before still work.")


@strawberry.enum(description="What sort of page a link leads to.")
class LandingKind(Enum):
    DETAIL_PAGE = word("DETAIL_PAGE", description="A product's page; the landing is its ASIN.")
    STORE_PAGE = word("STORE_PAGE", description="A page of the brand's Store; its path.")


@strawberry.enum(description="Where a conversion stands.")
class ConversionStatus(Enum):
    PENDING = word("PENDING", description="Still moves with Amazon's restatements.")
    SETTLED = word("SETTLED", description="Its figures stand; approve or deny it.")
    APPROVED = word("APPROVED", description="Approved: the commission is owed.")
    DENIED = word("DENIED", description="Denied: nothing is owed.")


@strawberry.enum(description="Which kind of store a conversion is from.")
class ConversionSource(Enum):
    AMAZON = word("AMAZON", description="Amazon's reports: totals of a day, without orders.")
    DTC = word("DTC", description="A shop of the brand's own.")


@strawberry.enum(description="What was decided about a conversion.")
class Verdict(Enum):
    APPROVED = word("APPROVED", description="Its commission is owed.")
    DENIED = word("DENIED", description="Nothing is owed.")


@strawberry.enum(description="What a report's row stands for. Levels are never added together.")
class Level(Enum):
    CAMPAIGN = word("CAMPAIGN", description="An affiliate at a store. This is what is paid.")
    ADGROUP = word("ADGROUP", description="A subID of an affiliate.")
    CREATIVE = word("CREATIVE", description="A landing page.")
    PRODUCTS = word("PRODUCTS", description="An ASIN that was bought.")


@strawberry.enum(description="Why a report was asked for.")
class ReportPurpose(Enum):
    DAILY = word("DAILY", description="The last 30 days, every day.")
    LATE = word("LATE", description="Days of 45 and 60 days ago, once more.")
    BACKFILL = word("BACKFILL", description="The past of a store that was just connected.")
    RELEASE = word("RELEASE", description="Past days that Amazon unmasked.")
    REQUESTED = word("REQUESTED", description="A person asked.")


@strawberry.enum(description="How far the fetching of a report or a listing has got.")
class RunState(Enum):
    RUNNING = word("RUNNING", description="It is being fetched.")
    APPLIED = word("APPLIED", description="It was taken in.")
    HELD = word("HELD", description="It looks wrong and waits for a person to accept it.")
    FAILED = word("FAILED", description="It could not be fetched; `problem` says why.")


@strawberry.enum(description="How a store's products were fetched.")
class CatalogMethod(Enum):
    SEARCH = word("SEARCH", description="By Amazon's search: up to 1,000 SKUs.")
    REPORT = word("REPORT", description="By Amazon's report of all listings.")


@strawberry.enum(description="What a worker has promised to do.")
class DutyKind(Enum):
    EXCHANGE_CODE = word("exchange_code", description="Exchange a consent for access.")
    DISCOVER_PROFILES = word("discover_profiles", description="Look for a seller's profiles.")
    ENABLE_MEASUREMENT = word("enable_measurement", description="Let Amazon measure a profile.")
    SYNC_CATALOG = word("sync_catalog", description="Fetch a store's products.")
    PULL_REPORT = word("pull_report", description="Fetch a report.")
    SETTLE = word("settle", description="Settle a store's conversions.")


@strawberry.enum(description="A setting that an Amazon offer cannot have.")
class OfferSetting(Enum):
    SKU_COMMISSIONS = word("sku_commissions", description="Rates by SKU.")
    SKU_EXCLUSIONS = word("sku_exclusions", description="SKUs that earn nothing.")
    CUSTOMER_RATES = word("customer_rates", description="Rates for new and returning customers.")
    EMAIL_TRIGGER = word("email_trigger", description="E-mail addresses that make a conversion.")
    COUPON_TRIGGER = word("coupon_trigger", description="Coupons that make a conversion.")
    SKU_TRIGGER = word("sku_trigger", description="SKUs that make a conversion.")
    COOKIE_DAYS = word("cookie_days", description="A cookie period other than 14 days.")
    SUBSCRIPTION_TRACKING = word("subscription_tracking", description="Recurring orders.")
    FIXED_PER_ORDER = word("fixed_per_order", description="A fixed amount per order.")
