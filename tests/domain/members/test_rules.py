from __future__ import annotations

from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import SCOPES, Role, Scope
from domain.members.rules import (
    VALID,
    Guest,
    InvitationForAnother,
    LastOwner,
    Member,
    MemberInvitation,
    MemberInvitationClosed,
    MemberInvitationState,
    RoleNotHeld,
    check_can_be_sent,
    check_guest,
    check_open,
    check_owner_stays,
    check_role,
    to_be_revoked,
)
from domain.people.rules import EmailNotVerified
from tests.factories import NOW

ID = UUID(int=1)
LATER = NOW + VALID


def an_invitation(accepted=False, revoked=False):
    return MemberInvitation(
        ID, ID, "ann@example.com", Role.VIEWER, NOW + VALID,
        NOW if accepted else None, NOW if revoked else None,
    )  # fmt: skip


def test_an_invitation_is_open_for_a_week_unless_it_is_answered():
    before = LATER - timedelta(microseconds=1)

    assert an_invitation().state(before) is MemberInvitationState.OPEN
    assert an_invitation().state(LATER) is MemberInvitationState.EXPIRED
    assert an_invitation(accepted=True).state(LATER) is MemberInvitationState.ACCEPTED
    assert an_invitation(revoked=True).state(LATER) is MemberInvitationState.REVOKED


@pytest.mark.parametrize(
    ("invitation", "now", "opens", "resends", "revokes"),
    [
        (an_invitation(), NOW, True, True, True),
        (an_invitation(), LATER, False, True, True),
        (an_invitation(revoked=True), NOW, False, False, True),
        (an_invitation(accepted=True), NOW, False, False, False),
    ],
)
def test_what_can_still_be_done_with_an_invitation(invitation, now, opens, resends, revokes):
    done = {check_open: opens, check_can_be_sent: resends, to_be_revoked: revokes}
    for check, may in done.items():
        if may:
            check(invitation, now)
        else:
            with pytest.raises(MemberInvitationClosed):
                check(invitation, now)


def test_an_invitation_is_for_whoever_reads_the_mail_of_its_address():
    check_guest(an_invitation(), Guest("ann@example.com", verified=True))

    with pytest.raises(EmailNotVerified):
        check_guest(an_invitation(), Guest("ann@example.com", verified=False))
    for verified in (True, False):
        with pytest.raises(InvitationForAnother) as refused:
            check_guest(an_invitation(), Guest("bob@example.com", verified=verified))
        assert "ann" not in refused.value.message


@given(st.sampled_from(Role), st.sets(st.sampled_from(Scope)))
def test_nobody_gives_a_role_that_may_more_than_they(role, scopes):
    if SCOPES[role] <= scopes:
        check_role(role, frozenset(scopes))
    else:
        with pytest.raises(RoleNotHeld) as refused:
            check_role(role, frozenset(scopes))
        assert set(refused.value.scopes) == SCOPES[role] - scopes


def test_an_owner_stays_whoever_goes():
    for role, becomes, owners in product(Role, [None, *Role], range(1, 4)):
        left = owners - (role is Role.OWNER) + (becomes is Role.OWNER)
        member = Member(ID, ID, role)
        if left > 0 or role is not Role.OWNER:
            check_owner_stays(member, becomes, owners)
        else:
            with pytest.raises(LastOwner):
                check_owner_stays(member, becomes, owners)
