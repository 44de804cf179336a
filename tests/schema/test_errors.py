"""The table of refusals: whatever the trade refuses has a type, or never reaches a client."""

from __future__ import annotations

import ast
import inspect
from dataclasses import fields
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLUnionType

import domain
from domain.access import Role, Scope
from domain.accounts.rules import Entitlement, Plan
from domain.affiliates.rules import Status
from domain.applications.rules import State as ApplicationState
from domain.conversions.rules import Verdict
from domain.discovery.invitation import State as InvitationState
from domain.errors import Refusal
from domain.members.rules import MemberInvitationState
from domain.offers.incompatibility import Setting
from schema.errors import SHOWN, shown
from schema.root import schema

# Raised where no mutation is on the way, and why.
WORKERS_OWN = {
    "Shrunken": "a listing is compared by a worker, which holds its run",
    "Held": "a report is read by a worker, which holds its run; accepting it asks no more",
    "Incomplete": "as Held",
    "NoPublisher": "a publisher is chosen when a worker asks Amazon for a tag",
    "RebuiltOtherwise": "an operator rebuilds at the command line",
    "IdempotencyKeyReused": "said of the whole request, as an error and not as an answer",
    "NobodyKnown": "somebody is erased at the command line",
    "OwnsAlone": "as NobodyKnown",
    "BegunAlready": "an installation begins at the command line",
    "BadToken": "tokens are digests of ours, never what a person wrote",
}
SAMPLES: dict[object, Any] = {
    str: "text", int: 3, bool: True, "str | None": "text", UUID: UUID(int=7),
    date: date(2026, 9, 1), datetime: datetime(2026, 9, 1, tzinfo=UTC), Plan: Plan.GROWTH,
    ApplicationState: ApplicationState.REJECTED, Status: Status.PAUSED,
    Verdict: Verdict.DENIED, Entitlement: Entitlement.AMAZON,
    InvitationState: InvitationState.DECLINED,
    Role: Role.OWNER, tuple[Scope, ...]: (Scope.MANAGE, Scope.DECIDE),
    MemberInvitationState: MemberInvitationState.EXPIRED,
    tuple[Setting, ...]: (Setting.COOKIE_DAYS, Setting.SKU_TRIGGER), tuple[str, ...]: ("US",),
}  # fmt: skip


def refusals() -> set[type[Refusal]]:
    root = Path(inspect.getfile(domain)).parent
    for file in root.rglob("*.py"):
        if "Refusal" in file.read_text():
            import_module(".".join(file.relative_to(root.parent).with_suffix("").parts))

    def below(cls: type[Refusal]) -> set[type[Refusal]]:
        return {cls}.union(*map(below, cls.__subclasses__()))

    return {one for one in below(Refusal) - {Refusal} if one.__module__.startswith("domain.")}


def sample(refusal: type[Refusal]) -> Refusal:
    if refusal.__name__ == "NotHeld":
        return refusal("FAILED")  # type: ignore[call-arg]
    hints = get_type_hints(refusal)
    return refusal(
        **{
            f.name: SAMPLES.get(hints[f.name], SAMPLES.get(str(hints[f.name])))
            for f in fields(refusal)  # type: ignore[arg-type]
        }
    )


def test_every_refusal_is_shown_or_is_a_workers_own() -> None:
    found = {one.__name__ for one in refusals() - SHOWN.keys()}

    assert len(SHOWN) > 30
    assert found == set(WORKERS_OWN)


@pytest.mark.parametrize("refusal", SHOWN, ids=lambda one: f"{one.__module__}.{one.__name__}")
def test_a_refusal_is_shown_with_its_message_and_fields(refusal: type[Refusal]) -> None:
    one = sample(refusal)

    type_ = shown(one)

    assert type_.message == one.message
    for field in fields(type(type_)):
        value = getattr(type_, field.name)
        assert value is not None, field.name
        said = getattr(one, field.metadata.get("of") or field.name)
        assert value == f"{value[:4]}_{said.hex}" if isinstance(said, UUID) else value


def test_every_type_of_a_refusal_is_a_member_of_some_mutation() -> None:
    members = {
        member.name
        for union in schema._schema.type_map.values()
        if isinstance(union, GraphQLUnionType)
        for member in union.types
    }

    assert {type_.__name__ for type_ in SHOWN.values()} <= members


def test_a_mutation_lists_what_its_action_says_it_raises() -> None:
    """The docstring of an action names its refusals, a mutation's union shows them."""
    missing = [
        f"{mutation} does not show {refusal}"
        for mutation, documented in _documented().items()
        for refusal in documented - _listed(mutation)
    ]

    assert missing == []


ACTIONS = {
    "signUp": "domain.people.proving:new_person",
    "verifyEmail": "domain.people.proving:address domain.people.actions:verify_email",
    "resendVerification": "domain.people.proving:letter",
    "signIn": "domain.people.proving:credentials domain.people.actions:sign_in",
    "requestPasswordReset": "domain.people.proving:letter",
    "resetPassword": "domain.people.proving:forgotten_password"
    " domain.people.actions:reset_password",
    "changePassword": "domain.people.proving:new_password domain.people.actions:change_password",
    "endSession": "domain.people.sessions:end",
    "becomeAffiliate": "domain.people.actions:become_affiliate",
    "createOffer": "domain.offers.actions:create_offer",
    "editOffer": "domain.offers.actions:edit_offer domain.offers.actions:create_offer",
    "archiveOffer": "domain.offers.actions:archive_offer",
    "createAffiliate": "domain.affiliates.actions:create_affiliate",
    "addAffiliateToOffer": "domain.affiliates.actions:add_known_to_offer",
    "movePartnership": "domain.affiliates.actions:move_to_offer",
    "pausePartnership": "domain.affiliates.actions:pause",
    "resumePartnership": "domain.affiliates.actions:resume",
    "endPartnership": "domain.affiliates.actions:end",
    "leavePartnership": "domain.affiliates.actions:leave domain.affiliates.actions:account_of",
    "annotatePartnership": "domain.affiliates.actions:annotate",
    "pausePartnerships": "domain.affiliates.rules:reason",
    "resumePartnerships": "domain.affiliates.rules:reason_if_any",
    "endPartnerships": "domain.affiliates.rules:reason",
    "movePartnerships": "domain.affiliates.bulk:usable domain.affiliates.rules:check_day",
    "tagPartnerships": "domain.affiliates.tagging:tags domain.affiliates.tagging:check_apart",
    "listOffer": "domain.marketplace.actions:list_offer domain.marketplace.rules:form",
    "editListing": "domain.marketplace.actions:edit_listing",
    "unlistOffer": "domain.marketplace.actions:unlist",
    "promoteProducts": "domain.marketplace.actions:promote_products",
    "publishAgreement": "domain.marketplace.actions:publish_agreement",
    "noteListingVisit": "domain.marketplace.actions:note_visit",
    "applyToListing": "domain.applications.actions:account_to_apply_to"
    " domain.applications.actions:apply",
    "withdrawApplication": "domain.applications.actions:withdraw",
    "acceptApplication": "domain.applications.actions:accept_application",
    "rejectApplication": "domain.applications.actions:reject_application",
    "rejectApplications": "domain.applications.actions:reject_applications",
    "inviteMember": "domain.members.actions:invite",
    "resendMemberInvitation": "domain.members.actions:resend",
    "revokeMemberInvitation": "domain.members.actions:revoke",
    "acceptMemberInvitation": "domain.members.actions:accept",
    "changeMemberRole": "domain.members.actions:change_role",
    "removeMember": "domain.members.actions:remove",
    "leaveAccount": "domain.members.actions:leave",
    "createApiKey": "domain.accounts.actions:create_api_key",
    "revokeApiKey": "domain.accounts.actions:revoke_api_key",
    "connectStore": "domain.catalog.actions:connect_store",
    "connectShop": "domain.catalog.actions:connect_dtc_store",
    "syncProducts": "domain.catalog.actions:sync_products",
    "acceptCatalog": "domain.catalog.actions:accept_listing",
    "requestReports": "domain.catalog.actions:request_reports",
    "acceptReport": "domain.reports.accepting:accept",
    "createLink": "domain.links.landing:landing domain.links.place:ready domain.links.aim:plan",
    "createLinks": "domain.links.actions:create_links",
    "editShop": "domain.catalog.shopkeeping:edit_shop",
    "putShopProducts": "domain.catalog.shopkeeping:put_shop_products",
    "setStorefront": "domain.links.aim:storefront domain.links.landing:landing",
    "saveProfile": "domain.discovery.actions:save_profile",
    "publishProfile": "domain.discovery.actions:publish_profile",
    "unpublishProfile": "domain.discovery.actions:unpublish_profile",
    "starAffiliate": "domain.discovery.actions:mark",
    "ignoreAffiliate": "domain.discovery.actions:mark",
    "unmarkAffiliate": "domain.discovery.actions:unmark",
    "inviteAffiliate": "domain.discovery.inviting:invite",
    "inviteAffiliates": "domain.discovery.inviting:invite_many",
    "withdrawInvitation": "domain.discovery.inviting:withdraw",
    "acceptInvitation": "domain.discovery.inviting:accept",
    "declineInvitation": "domain.discovery.inviting:decline",
    "createWebhookEndpoint": "domain.webhooks.endpoints:create",
    "updateWebhookEndpoint": "domain.webhooks.endpoints:update",
    "deleteWebhookEndpoint": "domain.webhooks.endpoints:delete",
    "rotateWebhookSecret": "domain.webhooks.actions:rotate",
    "enableWebhookEndpoint": "domain.webhooks.actions:enable",
    "disableWebhookEndpoint": "domain.webhooks.actions:disable",
    "testWebhookEndpoint": "domain.webhooks.actions:enqueue_test",
    "replayWebhookDelivery": "domain.webhooks.endpoints:replay",
    "replayWebhookDeliveries": "domain.webhooks.actions:redeliver_range",
    "replayFailedWebhookDeliveries": "domain.webhooks.actions:redeliver_failed",
}


def _documented() -> dict[str, set[str]]:
    names = {one.__name__ for one in refusals()} - set(WORKERS_OWN)
    found = {}
    for mutation, places in ACTIONS.items():
        words: set[str] = set()
        for place in places.split():
            module, function = place.split(":")
            text = inspect.getdoc(getattr(import_module(module), function)) or ""
            words |= set(text.replace(",", " ").replace(".", " ").replace(";", " ").split())
        found[mutation] = words & names
    assert all(found.values())
    return found


def _listed(mutation: str) -> set[str]:
    mutation_type = schema._schema.mutation_type
    assert mutation_type is not None
    union = mutation_type.fields[mutation].type
    names = {member.name for member in union.of_type.types}  # type: ignore[attr-defined]
    trade = {type_.__name__: refusal.__name__ for refusal, type_ in SHOWN.items()}
    return {trade.get(name, name) for name in names}


def test_a_field_that_cannot_be_used_is_called_as_in_the_schema() -> None:
    """Of every InvalidInput whose field stands in the code as a word."""
    known = {
        name
        for type_ in schema._schema.type_map.values()
        for name in (
            type_.fields
            if isinstance(type_, GraphQLInputObjectType)
            else {arg for field in type_.fields.values() for arg in field.args}
            if isinstance(type_, GraphQLObjectType)
            else ()
        )
    } | {"Idempotency-Key"}
    root = Path(inspect.getfile(domain)).parent
    said = [
        (file.name, str(node.args[0].value))
        for folder in (root, root.parent / "schema")
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("InvalidInput", "Unclear")
        and isinstance(node.args[0], ast.Constant)
    ]

    assert len(said) > 20
    assert [one for one in said if one[1] not in known] == []


def test_the_schema_knows_nothing_of_sql_that_changes() -> None:
    """Mutations go through the trade's actions: no statement of their own."""
    root = Path(inspect.getfile(import_module("schema.root"))).parent
    calls = [
        f"{file.name}: {node.attr}"
        for file in root.glob("*.py")
        if file.name not in ("context.py", "act.py")  # which read for the Ask road
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("execute", "fetch", "fetchrow")
    ]

    assert calls == []
