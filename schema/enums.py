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
class GrantStatus(Enum):
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
class AmazonProfileKind(Enum):
    SELLER = word("SELLER", description="Of a seller in Seller Central; such can be connected.")
    VENDOR = word("VENDOR", description="Of a vendor in Vendor Central; refused.")
    AGENCY = word("AGENCY", description="Of an agency that sells nothing itself; refused.")


@strawberry.enum(description="Whether a profile may use Amazon Attribution.")
class Attribution(Enum):
    UNKNOWN = word("UNKNOWN", description="Amazon has not said yet.")
    ELIGIBLE = word("ELIGIBLE", description="It may, which shows that the brand is registered.")
    NOT_ELIGIBLE = word("NOT_ELIGIBLE", description="It may not: the brand is not registered.")


@strawberry.enum(description="Where a store sells.")
class StoreChannel(Enum):
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
    MERCHANT = word("MERCHANT", description="The merchant sends it themselves.")


@strawberry.enum(description="Whether a product is for sale.")
class ProductStatus(Enum):
    ACTIVE = word("ACTIVE", description="It is listed.")
    INACTIVE = word("INACTIVE", description="It is not, or is missing from several listings.")


@strawberry.enum(description="Whether an affiliate promotes a store.")
class PartnershipStatus(Enum):
    ACTIVE = word("ACTIVE", description="New links can be made.")
    PAUSED = word("PAUSED", description="No new links for a while; links made before still work.")
    ENDED = word("ENDED", description="No new links; links made before still work.")


@strawberry.enum(description="One of the two who have a partnership.")
class PartnershipSide(Enum):
    BRAND = word("BRAND", description="The account's people.")
    AFFILIATE = word("AFFILIATE", description="The affiliate themselves.")


@strawberry.enum(description="Whether a link still does what it was made for; the worst there is.")
class LinkHealth(Enum):
    OK = word("OK", description="It does.")
    STORE_DISCONNECTED = word(
        "STORE_DISCONNECTED", description="The store is disconnected: sales are not reported."
    )
    NOT_IN_CATALOG = word(
        "NOT_IN_CATALOG", description="The store's listings do not have the product."
    )
    INACTIVE = word("INACTIVE", description="The product is not for sale.")
    OUT_OF_STOCK = word("OUT_OF_STOCK", description="No SKU of the product is in stock.")
    PARTNERSHIP_ENDED = word(
        "PARTNERSHIP_ENDED", description="The partnership has ended; the link works and pays."
    )
    PARTNERSHIP_PAUSED = word(
        "PARTNERSHIP_PAUSED", description="The partnership is paused; the link works and pays."
    )


@strawberry.enum(description="What sort of page a link leads to.")
class LandingKind(Enum):
    DETAIL_PAGE = word("DETAIL_PAGE", description="A product's page; the landing is its ASIN.")
    STORE_PAGE = word("STORE_PAGE", description="A page of the brand's Store on Amazon; its path.")
    SHOP_PAGE = word("SHOP_PAGE", description="A page of the brand's own shop; its address.")


@strawberry.enum(description="Where a conversion stands.")
class ConversionStatus(Enum):
    PENDING = word("PENDING", description="Still moves with Amazon's restatements.")
    SETTLED = word("SETTLED", description="Its figures stand; approve or deny it.")
    APPROVED = word("APPROVED", description="Approved: the commission is owed.")
    DENIED = word("DENIED", description="Denied: nothing is owed.")


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
class RunStatus(Enum):
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
    SEND_MAIL = word("send_mail", description="Send a letter.")
    MEASURE_REPUTATION = word(
        "measure_reputation", description="Count how an account treats its affiliates."
    )
    MEASURE_TRACK_RECORD = word(
        "measure_track_record", description="Measure how an affiliate does over all accounts."
    )
    FORGET_OLD = word("forget_old", description="Delete what was kept for a while only.")
    DELIVER_WEBHOOKS = word("deliver_webhooks", description="Send events to an endpoint.")


@strawberry.enum(description="Where a duty stands.")
class DutyStatus(Enum):
    WAITING = word("WAITING", description="Until its moment, or for a worker.")
    RUNNING = word("RUNNING", description="A worker is at it.")
    DEAD = word("DEAD", description="Given up: it waits for somebody who retries it.")


@strawberry.enum(description="Where work stands that is done in many parts.")
class WorkStatus(Enum):
    RUNNING = word("RUNNING", description="Parts are still to be done.")
    DONE = word("DONE", description="All of it is done.")
    FAILED = word("FAILED", description="What is left was given up.")
    HELD = word("HELD", description="It looked wrong, and waits for somebody to accept it.")


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


@strawberry.enum(description="Whose part of the house a seat is in.")
class Room(Enum):
    ACCOUNT = word("ACCOUNT", description="An account's: a merchant's workspace.")
    AFFILIATE = word("AFFILIATE", description="An affiliate's: what is about them, anywhere.")
    OPERATOR = word(
        "OPERATOR", description="The operators': accounts and people, none of the trade."
    )


@strawberry.enum(description="What a member is in an account.")
class Role(Enum):
    OWNER = word("OWNER", description="Everything that can be done in an account.")
    MANAGER = word("MANAGER", description="The trade and its decisions, but not who gets in.")
    FINANCE = word("FINANCE", description="To see everything of the trade, and to decide.")
    VIEWER = word("VIEWER", description="To see everything of the trade.")


@strawberry.enum(description="What has become of an invitation to join an account.")
class MemberInvitationStatus(Enum):
    OPEN = word("OPEN", description="It can be accepted.")
    EXPIRED = word("EXPIRED", description="It was not accepted in time.")
    ACCEPTED = word("ACCEPTED", description="Somebody joined by it.")
    REVOKED = word("REVOKED", description="It was taken back.")


@strawberry.enum(description="What may be done in an account.")
class Scope(Enum):
    READ = word("READ", description="To see its trade.")
    MANAGE = word("MANAGE", description="Stores, offers, affiliates, the marketplace, links.")
    DECIDE = word("DECIDE", description="To approve and deny conversions.")
    ADMINISTER = word("ADMINISTER", description="Members, keys and the audit.")


@strawberry.enum(description="What a brand sells and an affiliate speaks of: one list for both.")
class Category(Enum):
    APPLIANCES = word("APPLIANCES", description="Appliances.")
    ART_AND_CRAFTS = word("ART_AND_CRAFTS", description="Art and crafts.")
    AUTOMOTIVE = word("AUTOMOTIVE", description="Automotive.")
    BABY = word("BABY", description="Baby.")
    BEAUTY = word("BEAUTY", description="Beauty.")
    BOOKS = word("BOOKS", description="Books.")
    CLEANING = word("CLEANING", description="Cleaning.")
    CLOTHING = word("CLOTHING", description="Clothing.")
    COMPUTERS = word("COMPUTERS", description="Computers.")
    ELECTRONICS = word("ELECTRONICS", description="Electronics.")
    FITNESS = word("FITNESS", description="Fitness.")
    FOOD_AND_DRINK = word("FOOD_AND_DRINK", description="Food and drink.")
    FURNITURE = word("FURNITURE", description="Furniture.")
    GAMES = word("GAMES", description="Games.")
    GARDEN = word("GARDEN", description="Garden.")
    GIFTS = word("GIFTS", description="Gifts.")
    HEALTH = word("HEALTH", description="Health.")
    HOBBIES = word("HOBBIES", description="Hobbies.")
    HOME = word("HOME", description="Home.")
    JEWELRY = word("JEWELRY", description="Jewelry.")
    KITCHEN = word("KITCHEN", description="Kitchen.")
    LUGGAGE_AND_TRAVEL = word("LUGGAGE_AND_TRAVEL", description="Luggage and travel.")
    MOVIES_AND_MUSIC = word("MOVIES_AND_MUSIC", description="Movies and music.")
    MUSICAL_INSTRUMENTS = word("MUSICAL_INSTRUMENTS", description="Musical instruments.")
    OFFICE = word("OFFICE", description="Office.")
    OUTDOORS = word("OUTDOORS", description="Outdoors.")
    PARENTING = word("PARENTING", description="Parenting.")
    PETS = word("PETS", description="Pets.")
    PHOTOGRAPHY = word("PHOTOGRAPHY", description="Photography.")
    SHOES = word("SHOES", description="Shoes.")
    SPORTS = word("SPORTS", description="Sports.")
    SUPPLEMENTS = word("SUPPLEMENTS", description="Supplements.")
    TOOLS = word("TOOLS", description="Tools.")
    TOYS = word("TOYS", description="Toys.")
    OTHER = word("OTHER", description="Something else.")


@strawberry.enum(description="Where an affiliate reaches people.")
class ChannelKind(Enum):
    WEBSITE = word("WEBSITE", description="A website.")
    BLOG = word("BLOG", description="A blog.")
    YOUTUBE = word("YOUTUBE", description="YouTube.")
    INSTAGRAM = word("INSTAGRAM", description="Instagram.")
    TIKTOK = word("TIKTOK", description="TikTok.")
    NEWSLETTER = word("NEWSLETTER", description="A newsletter.")
    PODCAST = word("PODCAST", description="A podcast.")
    PINTEREST = word("PINTEREST", description="Pinterest.")
    X = word("X", description="X, once Twitter.")
    FACEBOOK = word("FACEBOOK", description="Facebook.")
    OTHER = word("OTHER", description="Somewhere else.")


@strawberry.enum(description="What your account thinks of an affiliate; they never see it.")
class DiscoveryMark(Enum):
    STARRED = word("STARRED", description="To be remembered.")
    IGNORED = word("IGNORED", description="Not to be shown again where ignored ones are hidden.")


@strawberry.enum(description="How well an affiliate has sold in the last 90 days, for everybody.")
class Fit(Enum):
    EXCELLENT = word("EXCELLENT", description="Many clicks become orders, and few come back.")
    GOOD = word("GOOD", description="Better than most.")
    FAIR = word("FAIR", description="Something is sold.")
    LOW = word("LOW", description="Little is sold, or much of it comes back.")
    UNKNOWN = word("UNKNOWN", description="Fewer than 100 clicks: too few to judge by.")


@strawberry.enum(description="Where an invitation stands.")
class InvitationStatus(Enum):
    SENT = word("SENT", description="It waits for the affiliate's answer.")
    ACCEPTED = word("ACCEPTED", description="The affiliate joined.")
    DECLINED = word("DECLINED", description="The affiliate did not want to.")
    WITHDRAWN = word("WITHDRAWN", description="The brand took it back.")


@strawberry.enum(description="Where an application stands.")
class ApplicationStatus(Enum):
    SUBMITTED = word("SUBMITTED", description="It waits for the brand's answer.")
    ACCEPTED = word("ACCEPTED", description="The affiliate was let in, by a person or by rules.")
    REJECTED = word("REJECTED", description="The brand said no; `reason` says why.")
    WITHDRAWN = word("WITHDRAWN", description="The affiliate took it back.")
