"""As `calls.py`: the mutations about signing in, members, keys and accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.access.world import PASSWORD, Asker, World

_OTHER: Final = "another sentence that is long"

PEOPLE: Final[dict[str, Callable[[World, Asker], dict[str, Any]]]] = {
    "signUp": lambda w, who: {
        "input": {"name": "Sorrel", "email": "sorrel@new.example", "password": _OTHER}
    },
    "resendVerification": lambda w, who: {"email": w.newcomers.unproven},
    "verifyEmail": lambda w, who: {
        "token": w.newcomers.verify,
        "password": PASSWORD,
    },
    "signIn": lambda w, who: {
        "email": w.newcomers.email,
        "password": PASSWORD,
    },
    "signOut": lambda w, who: {},
    "signOutEverywhere": lambda w, who: {},
    "requestPasswordReset": lambda w, who: {"email": w.newcomers.email},
    "resetPassword": lambda w, who: {
        "token": w.newcomers.reset,
        "newPassword": _OTHER,
    },
    "changePassword": lambda w, who: {"currentPassword": PASSWORD, "newPassword": _OTHER},
    "endSession": lambda w, who: {"id": w.sessions["owner"]},
    "becomeAffiliate": lambda w, who: {},
    "inviteMember": lambda w, who: {"input": {"email": "sorrel@new.example", "role": "VIEWER"}},
    "resendMemberInvitation": lambda w, who: {"id": w.fern["member invitation"]},
    "revokeMemberInvitation": lambda w, who: {"id": w.fern["member invitation"]},
    "acceptMemberInvitation": lambda w, who: {"token": who.invitation},
    "changeMemberRole": lambda w, who: {"id": w.fern["aide"], "role": "MANAGER"},
    "removeMember": lambda w, who: {"id": w.fern["aide"]},
    "leaveAccount": lambda w, who: {"id": w.fern["account"]},
    "createApiKey": lambda w, who: {"input": {"name": "For the shop", "scopes": ["READ"]}},
    "revokeApiKey": lambda w, who: {"id": w.fern["spare key"]},
    "openAccount": lambda w, who: {"input": {"name": "Dill", "ownerEmail": "sorrel@new.example"}},
    "setPlan": lambda w, who: {"accountId": w.fern["account"], "plan": "GROWTH"},
}
