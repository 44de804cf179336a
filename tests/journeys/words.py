"""What the journeys say to the API."""

from __future__ import annotations

from typing import Any

PROFILE: dict[str, Any] = {
    "name": "Ann",
    "bio": "I cook, film it, and say what I used.",
    "channels": [{"kind": "YOUTUBE", "url": "https://youtube.example/@ann", "audience": 5000}],
    "niches": ["KITCHEN"],
    "countries": ["US"],
    "amazonCapable": True,
}

# A brand
CREATE_OFFER = """mutation($input: CreateOfferInput!) { createOffer(input: $input) {
  __typename ... on Offer { id } ... on Refusal { message } } }"""
EDIT_OFFER = """mutation($input: EditOfferInput!) { editOffer(input: $input) {
  __typename ... on Offer { id currentVersion { ratePercent } } ... on Refusal { message } } }"""
LIST = """mutation($input: ListOfferInput!) { listOffer(input: $input) {
  __typename ... on Listing { id offer { id } ratePercent } ... on Refusal { message } } }"""
UNLIST = """mutation($id: ID!) { unlistOffer(listingId: $id) {
  __typename ... on Offer { id listing { id } } ... on Refusal { message } } }"""
PUBLISH = """mutation($offer: ID!, $body: String!) {
  publishAgreement(offerId: $offer, body: $body) {
    __typename ... on Agreement { id version sha256 } ... on Refusal { message } } }"""
PROMOTE = """mutation($offer: ID!, $products: [ID!]!) {
  promoteProducts(offerId: $offer, productIds: $products) {
    __typename ... on Offer { promotedProducts { productId } } ... on Refusal { message } } }"""
OWN_LISTING = "{ account { listing { id offer { id } ratePercent } } }"
ACCEPT_APPLICATION = """mutation($id: ID!) { acceptApplication(id: $id) {
  __typename ... on Application { id status partnership { id status offer { id } } }
  ... on ApplicationDecided { status } ... on Refusal { message } } }"""
REJECT = """mutation($id: ID!, $reason: String!) { rejectApplication(id: $id, reason: $reason) {
  __typename ... on Application { id status } ... on ApplicationDecided { status }
  ... on Refusal { message } } }"""
DISCOVER = """query($filter: AffiliateProfileFilter, $by: AffiliateProfileOrder) {
  discovery(filter: $filter, orderBy: $by) {
    totalCount emptyBecause { filter without }
    nodes { id name mark invitation { id status } affiliate { email } } } }"""
INVITE = """mutation($input: InviteAffiliateInput!) { inviteAffiliate(input: $input) {
  __typename ... on Invitation { id status } ... on AlreadyPartner { partnershipId }
  ... on AlreadyInvited { invitationId } ... on Refusal { message } } }"""
DISCONNECT = """mutation($id: ID!) { disconnectStore(id: $id) {
  __typename ... on Store { status } ... on Refusal { message } } }"""
PUT = """mutation($input: PutShopProductsInput!) { putShopProducts(input: $input) {
  __typename ... on ShopProductOutcomes { outcomes { product { id status } } }
  ... on Refusal { message } } }"""
MOVE = """mutation($input: MovePartnershipInput!) { movePartnership(input: $input) {
  __typename ... on Partnership { offer { id } assignments { startsOn offer { id } } }
  ... on Refusal { message } } }"""
ADD = """mutation($affiliate: ID!, $offer: ID!) {
  addAffiliateToOffer(affiliateId: $affiliate, offerId: $offer) {
    __typename ... on Partnership { id status } ... on Refusal { message } } }"""
PAUSE = """mutation($id: ID!, $reason: String!) { pausePartnership(id: $id, reason: $reason) {
  __typename ... on Partnership { status } ... on Refusal { message } } }"""
RESUME = """mutation($id: ID!) { resumePartnership(id: $id) {
  __typename ... on Partnership { status } ... on Refusal { message } } }"""
END = """mutation($id: ID!, $reason: String!) { endPartnership(id: $id, reason: $reason) {
  __typename ... on Partnership { status } ... on Refusal { message } } }"""

# An affiliate
SAVE_PROFILE = """mutation($input: SaveProfileInput!) { saveProfile(input: $input) {
  __typename ... on Refusal { message } } }"""
PUBLISH_PROFILE = """mutation { publishProfile {
  __typename ... on ProfileDraft { published { id } } ... on Refusal { message } } }"""
UNPUBLISH_PROFILE = "mutation { unpublishProfile { __typename } }"
MARKET = """query($filter: ListingFilter, $by: ListingOrder) {
  marketplace(filter: $filter, orderBy: $by) {
    totalCount emptyBecause { filter without }
    nodes { id offerName brandName ratePercent channel } } }"""
LISTING = """query($id: ID!) { listing(id: $id) {
  id offerName ratePercent agreement { version body sha256 }
  products { productId title status } questions { question required }
  myApplication { id status } myPartnership { id status } } }"""
APPLY = """mutation($input: ApplyToListingInput!) { applyToListing(input: $input) {
  __typename
  ... on Application { id status ratePercent offer { id } partnership { id status }
    history { status reason } agreement { version } }
  ... on AgreementNotAccepted { version sha256 } ... on AlreadyApplied { applicationId }
  ... on PartnersAlready { partnershipId } ... on Refusal { message } } }"""
WITHDRAW = """mutation($id: ID!) { withdrawApplication(id: $id) {
  __typename ... on Application { status } ... on ApplicationDecided { status } } }"""
ACCEPT_INVITATION = """mutation($id: ID!, $sha256: String) {
  acceptInvitation(id: $id, agreementSha256: $sha256) {
    __typename ... on Invitation { status partnership { id status offer { id } } }
    ... on AgreementNotAccepted { version sha256 } ... on Refusal { message } } }"""
DECLINE = """mutation($id: ID!, $reason: String) { declineInvitation(id: $id, reason: $reason) {
  __typename ... on Invitation { status declineReason } ... on Refusal { message } } }"""
MY_PRODUCTS = """query($filter: ProductFilter) { products(filter: $filter) {
  totalCount emptyBecause { filter without }
  nodes { id title channel status store { name channel } link { id url } } } }"""
LINK = """mutation($input: CreateLinkInput!) { createLink(input: $input) {
  __typename ... on Link { id url destination kind product { id } partnership { id } }
  ... on NoNewLinks { status } ... on Refusal { message } } }"""
LINKS = "{ links { nodes { id url health healthNote clicks product { id } } } }"
LEAVE = """mutation($id: ID!, $reason: String!) { leavePartnership(id: $id, reason: $reason) {
  __typename ... on Partnership { status } ... on Refusal { message } } }"""

# Both
APPLICATIONS = """query($filter: ApplicationFilter) { applications(filter: $filter) {
  nodes { id status message affiliateName rejectionReason ratePercent
    affiliate { email } profile { niches } answers { question answer }
    history { status reason } partnership { id status } } } }"""
INVITATIONS = """query($filter: InvitationFilter) { invitations(filter: $filter) {
  nodes { id status message declineReason offer { id name }
    agreement { body sha256 version } } } }"""
PARTNERSHIPS = """query($filter: PartnershipFilter) { partnerships(filter: $filter) {
  nodes { id status statusReason offer { id } store { id } affiliate { id name } } } }"""

# Many at once, with an outcome for each
_PARTNERSHIPS = """{ __typename
  ... on PartnershipOutcomes { outcomes { id partnership { status offer { id } tags }
    refusal { __typename message } } }
  ... on Refusal { message } } }"""
_APPLICATIONS = """{ __typename
  ... on ApplicationOutcomes { outcomes { id application { status }
    refusal { __typename message } } }
  ... on Refusal { message } } }"""
PARTNERSHIPS_AT_ONCE = {
    "pause": 'mutation($ids: [ID!]!) { pausePartnerships(ids: $ids, reason: "Later.") ',
    "resume": "mutation($ids: [ID!]!) { resumePartnerships(ids: $ids) ",
    "end": 'mutation($ids: [ID!]!) { endPartnerships(ids: $ids, reason: "Over.") ',
    "tag": 'mutation($ids: [ID!]!) { tagPartnerships(ids: $ids, add: ["spring"]) ',
}
PARTNERSHIPS_AT_ONCE = {what: how + _PARTNERSHIPS for what, how in PARTNERSHIPS_AT_ONCE.items()}
MOVE_MANY = (
    "mutation($input: MovePartnershipsInput!) { movePartnerships(input: $input) " + _PARTNERSHIPS
)
APPLICATIONS_AT_ONCE = {
    "accept": "mutation($ids: [ID!]!) { acceptApplications(ids: $ids) ",
    "reject": 'mutation($ids: [ID!]!) { rejectApplications(ids: $ids, reason: "No.") ',
}
APPLICATIONS_AT_ONCE = {what: how + _APPLICATIONS for what, how in APPLICATIONS_AT_ONCE.items()}
LINKS_AT_ONCE = """mutation($links: [CreateLinkInput!]!) { createLinks(links: $links) {
  __typename
  ... on LinkOutcomes { outcomes { place link { id kind product { id } }
    refusal { __typename message } } }
  ... on Refusal { message } } }"""
PAGE_OF_PRODUCTS = """query($after: String) {
  products(first: 3, after: $after, orderBy: TITLE_ASC) {
    totalCount nodes { id title } pageInfo { hasNextPage endCursor } } }"""
PROGRESS = """query($id: ID!) { partnership(id: $id) { progress {
  clicks of remaining reached ourClicks amazonClicks pace daysToGo crossedAt visibleAt
  released { totalCount nodes { day sales { amount } } } } } }"""
