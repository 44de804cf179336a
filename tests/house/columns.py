"""What an affiliate may read of accounts' tables, column by column.

Each column of each such table stands here once: shown, or kept. A new one fails until somebody has
said which.
"""

from __future__ import annotations

SHOWN: dict[str, str] = {
    "ad_group": "account_id id partnership_id subid token visible_at created_at",
    "agreement": "account_id id offer_id version body sha256 published_at",
    "agreement_acceptance": "account_id id agreement_id affiliate_id sha256 accepted_at"
    " accepted_by",
    "application": "account_id id offer_id store_id affiliate_id state affiliate_name audience"
    " verified brand_name offer_name rate_bp message answers agreement_id reason submitted_at"
    " decided_at",
    "application_event": "account_id id application_id state reason at",
    "assignment": "account_id id partnership_id offer_id valid_from",
    "brand": "account_id id name",
    "click": "account_id id partnership_id link_id clicked_at",
    "conversion": "account_id id partnership_id store_id affiliate_id day source status currency"
    " offer_version_id rate_bp orders units sales_minor commission_minor reported_orders"
    " reported_units reported_sales_minor reported_commission_minor first_seen_at changed_at"
    " settles_on settled_at decided_at",
    "creative": "account_id id store_id kind landing token created_at",
    "decision": "account_id id partnership_id day verdict reason decided_at",
    "invitation": "account_id id offer_id store_id affiliate_id state affiliate_name message"
    " agreement_id reason sent_at answered_at",
    "link": "account_id id partnership_id ad_group_id creative_id code destination visible_at"
    " created_at",
    "listing": "account_id id offer_id store_id brand_name store_name offer_name channel"
    " marketplace_id currency rate_bp cookie_days description categories cover_url questions"
    " agreement_id auto_accept verified_only minimum_audience daily_limit listed_at changed_at"
    " search",
    "offer": "account_id id store_id name description created_at archived_at",
    "offer_version": "account_id id offer_id valid_from rate_bp cookie_days dtc_terms created_at",
    "partnership": "account_id id store_id affiliate_id offer_id campaign_token status visible_at"
    " created_at status_reason status_changed_at status_changed_by",
    "product": "account_id id store_id sku asin title brand_name category image_url price_minor"
    " currency quantity fulfilment status first_seen_at last_seen_at url",
    "promoted_product": "account_id id offer_id place",
    "report_row": "account_id level subject_id day asin halo observed_at recorded_at run_id"
    " partnership_id clicks detail_page_views add_to_carts purchases units sales_minor"
    " total_purchases total_units total_sales_minor new_to_brand_purchases new_to_brand_units"
    " new_to_brand_sales_minor brb_bonus_minor",
    "reputation": "account_id settled approved denied adjusted days_to_decide measured_at",
    "store": "account_id id brand_id channel name marketplace_id url currency time_zone"
    " connected_at disconnected_at storefront_url",
    "webhook_attempt": "account_id id delivery_id at duration_ms status error response",
    "webhook_delivery": "account_id id endpoint_id event_id event_type entity sequence occurred_at"
    " body status attempts next_attempt_at delivered_at last_status last_error created_at",
    "webhook_endpoint": "account_id id url description event_types signature status disabled_at"
    " disabled_because failing_since failures last_success_at paused_until created_at deleted_at"
    " replays_since replays",
    "webhook_secret": "account_id id endpoint_id created_at expires_at",
}

# The brand's own: who of its people did something, what it thinks, how it is connected to Amazon.
KEPT: dict[str, str] = {
    "agreement": "published_by",
    "application": "decided_by",
    "application_event": "actor",
    "brand": "seller_account_id created_at",
    "decision": "decided_by",
    "invitation": "sent_by",
    "partnership": "tags note custom_fields",
    "product": "missed_runs",
    "store": "profile_id stale_since reconnected_at",
    "webhook_secret": "sealed_secret",
}

# Tables of which an affiliate reads nothing, and why.
CLOSED: dict[str, str] = {
    "account": "the workspace is the merchant's; a listing and a brand say who they are",
    "acquaintance": "whom a brand has entered itself is its own matter",
    "amazon_grant": "consents and sealed tokens",
    "api_key": "the account's keys",
    "audit_entry": "what the account's people did",
    "audit_head": "what the account's people did",
    "backfill": "how reports were read",
    "catalog_run": "how the catalogue was read",
    "consent_request": "a look-up of the system's",
    "discovery_mark": "what a brand thinks of affiliates",
    "duty": "the workers' own",
    "event": "on its way to whoever listens; a delivery is what they see of it",
    "event_sequence": "how much happens in an account",
    "link_code": "a look-up of the system's",
    "listing_visit": "the brand's funnel",
    "member_invitation": "the account's people",
    "member_invitation_token": "a look-up of the system's",
    "membership": "the account's people",
    "own_tag_row": "the brand's other advertising",
    "profile": "the seller at Amazon",
    "quarantined_row": "how reports were read",
    "report_page": "reports as received, with everybody's rows",
    "report_run": "how reports were read",
    "seller_account": "the seller at Amazon",
    "settlement": "of a whole store, not of one affiliate",
}
