"""Two merchants, four affiliates, an operator: who asks, and what each of them may read.

Fern's affiliates are `own` and `rival`, Birch's are `other` and `stranger`. Nobody of one side has
to do with the other, but for what Fern lists in the marketplace and what affiliates publish.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from db.pool import Database
from domain.access import SCOPES, Role, Room, Scope
from domain.audit import actions as audit
from domain.ids import encode
from domain.people import passwords
from schema.reading import Sight
from tests.access.merchant import Merchant, a_merchant
from tests.factories import NOW, an_account, an_affiliate
from tests.people import (
    a_member,
    a_member_invitation,
    a_one_time_token,
    a_person,
    a_profile_draft,
    a_published_profile,
    a_session,
    a_track_record,
    an_api_key,
)
from tests.telling import a_delivery, an_attempt, an_endpoint

ASKERS: Final = (
    "anonymous", "affiliate_own", "affiliate_other", "viewer", "finance", "manager", "owner",
    "other_owner", "operator", "read_only_key", "revoked_key",
)  # fmt: skip
"""The columns of the matrix."""

PASSWORD: Final = "long enough to be a sentence"
FERN: Final = frozenset({"viewer", "finance", "manager", "owner", "read_only_key"})
BIRCH: Final = frozenset({"other_owner"})
OPERATOR: Final = frozenset({"operator"})
HEX: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Asker:
    """Somebody with a request in hand."""

    name: str
    sight: Sight | None
    """From where they look; None of who gets in nowhere."""
    headers: dict[str, str]
    person_id: UUID | None = None
    affiliate_id: UUID | None = None
    account_id: UUID | None = None
    email: str = ""
    invitation: str = ""
    """The token of an invitation to Cedar, an account that nobody else has to do with."""


@dataclass(frozen=True)
class Newcomers:
    """Two people who are nothing here, with PASSWORD: one can sign in, the other has yet to verify
    the address."""

    email: str
    reset: str
    unproven: str
    verify: str


@dataclass
class World:
    fern: Merchant
    birch: Merchant
    askers: dict[str, Asker]
    affiliates: dict[str, UUID]
    sessions: dict[str, str]
    """Another browser of each person's: its id."""
    newcomers: Newcomers
    outside: UUID
    """What was done in no account: an entry of the network's audit."""
    told: dict[str, dict[str, UUID]]
    """The webhook endpoint of each affiliate, and a delivery to it."""
    ids: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of each id, in hexadecimal, who may read it."""
    texts: dict[str, frozenset[str]] = field(default_factory=dict)
    """The same of addresses, names, codes, tokens and whatever else was written."""

    @property
    def accounts(self) -> tuple[UUID, UUID]:
        return self.fern.account_id, self.birch.account_id

    def __getitem__(self, prefix: str) -> str:
        """An id of Fern's of this kind: about `affiliate_own`, where it is about anybody."""
        if prefix in ("affl", "affp", "pdrf"):
            return encode(prefix, self.affiliates["affiliate_own"])
        if prefix == "pers":
            return encode(prefix, self.askers["affiliate_own"].person_id or UUID(int=0))
        known = prefix in _BY_PREFIX or prefix == "naud"
        assert known, f"tests/access/merchant.py makes no {prefix}_…, or _BY_PREFIX has it not"
        return self.fern[_BY_PREFIX[prefix]] if prefix != "naud" else encode(prefix, self.outside)

    def about(self, path: str, prefix: str) -> str:
        """The id of that kind of which a field that is one room's has something to say."""
        name = _TELLING.get(path)
        return self[prefix] if name is None else self.fern[name]

    def endpoint_for(self, asker: Asker, what: str = "endpoint") -> str:
        """An endpoint, or its delivery: Fern's to accounts, `affiliate_own`'s to affiliates."""
        if asker.affiliate_id is None:
            return self.fern[what]
        prefix = {"endpoint": "whep", "delivery": "wdlv"}[what]
        return encode(prefix, self.told["affiliate_own"][what])

    def by_filter(self, path: str) -> object:
        """A value of a filter that is one room's, which something of Fern's meets."""
        return _FILTERS[path](self)

    def leaks(self, asker: str, given: str, answer: str) -> list[str]:
        """What stands in the answer, was not given in the question, and is not the asker's."""
        found = set(HEX.findall(answer.replace("-", ""))) - set(HEX.findall(given))
        ids = [id for id in found if asker not in self.ids.get(id, {asker})]
        return ids + [
            text
            for text, readers in self.texts.items()
            if asker not in readers and text in answer and text not in given
        ]


async def a_world(
    db: Database, owner: asyncpg.Connection
) -> tuple[World, dict[str, UUID], dict[str, set[str]]]:
    """The world, its people, and what is whose alone of what was written; `readers.py` tells the
    world who may read what."""
    hashed = await passwords.hashed(PASSWORD)
    texts: dict[str, set[str]] = defaultdict(set)
    people: dict[str, UUID] = {}
    tokens: dict[str, str] = {}
    sessions: dict[str, str] = {}
    for name in (*ASKERS, "rival", "stranger"):
        if name in ("anonymous", "read_only_key", "revoked_key"):
            continue
        email = f"is-{name}@people.example"
        fields = {"operator_since": NOW} if name == "operator" else {}
        people[name] = await a_person(
            owner, email=email, name=f"Person {name}", password_hash=hashed, **fields
        )
        tokens[name] = await a_session(owner, people[name], browser=f"Browser of {name}")
        phone = await a_session(owner, people[name], browser=f"Phone of {name}")
        sessions[name] = encode("sess", await _session_of(owner, people[name], f"Phone of {name}"))
        texts["nobody"] |= {tokens[name], phone, hashed}
        texts[name] |= {email, f"Person {name}", f"Browser of {name}", f"Phone of {name}"}
    affiliates = {
        name: await _an_affiliate(owner, name, person_id)
        for name, person_id in people.items()
        if name in ("affiliate_own", "affiliate_other", "rival", "stranger")
    }
    own, other = affiliates["affiliate_own"], affiliates["affiliate_other"]
    fern = await a_merchant(db, owner, "Fern", own, affiliates["rival"])
    birch = await a_merchant(db, owner, "Birch", other, affiliates["stranger"])
    for name, role in ROLES.items():
        account_id = (birch if name == "other_owner" else fern).account_id
        await a_member(owner, account_id, people[name], role)
    keys = {
        "read_only_key": await an_api_key(owner, fern.account_id, [Scope.READ], name="Fern reads"),
        "revoked_key": await an_api_key(
            owner, fern.account_id, name="Fern's former", revoked_at=NOW
        ),
    }
    texts["nobody"] |= set(keys.values())
    texts["owner"] |= {"Fern reads", "Fern's former"}
    cedar = await an_account(owner, name="Cedar")
    askers = {}
    for name in ASKERS:
        invitation = ""
        if name in people:
            invitation = await a_member_invitation(owner, cedar, f"is-{name}@people.example")
        askers[name] = Asker(
            name, _sight(name), _headers(name, tokens, keys, affiliates, fern, birch),
            people.get(name), affiliates.get(name), _account_of(name, fern, birch),
            f"is-{name}@people.example", invitation,
        )  # fmt: skip
    newcomers = await _newcomers(owner, hashed)
    async with db.system() as tx:
        told = {"note": "Told to operators"}
        await audit.record_outside(tx, "nobody", "openAccount", told, [], "r3qu3st", NOW)
    texts["operator"].add("Told to operators")
    outside = await owner.fetchval("SELECT id FROM network_audit_entry")
    told = {}
    for name, affiliate_id in affiliates.items():
        url = f"https://hooks.example/of-{name}"
        texts[name].add(url)
        told[name] = await _told(owner, affiliate_id, url)
    world = World(fern, birch, askers, affiliates, sessions, newcomers, outside, told)
    return world, people, texts


ROLES: Final = {
    "viewer": "VIEWER", "finance": "FINANCE", "manager": "MANAGER", "owner": "OWNER",
    "other_owner": "OWNER",
}  # fmt: skip


def _sight(name: str) -> Sight | None:
    if name in ROLES:
        return Sight(Room.ACCOUNT, SCOPES[Role[ROLES[name]]])
    match name:
        case "read_only_key":
            return Sight(Room.ACCOUNT, frozenset({Scope.READ}))
        case "operator":
            return Sight(Room.OPERATOR, frozenset())
        case "affiliate_own" | "affiliate_other":
            return Sight(Room.AFFILIATE, frozenset())
    return None


def _account_of(name: str, fern: Merchant, birch: Merchant) -> UUID | None:
    if name == "other_owner":
        return birch.account_id
    return fern.account_id if name in FERN | {"revoked_key"} else None


def _headers(
    name: str, tokens: dict[str, str], keys: dict[str, str], affiliates: dict[str, UUID],
    fern: Merchant, birch: Merchant,
) -> dict[str, str]:  # fmt: skip
    if name == "anonymous":
        return {}
    if name in keys:
        return {"Authorization": f"Bearer {keys[name]}"}
    seat = "operator"
    if account_id := _account_of(name, fern, birch):
        seat = encode("acct", account_id)
    elif name in affiliates:
        seat = encode("affl", affiliates[name])
    cookie = f"clickledger={tokens[name]}"
    return {"Cookie": cookie, "X-Requested-By": "tests", "Acting-As": seat}


async def _told(owner: asyncpg.Connection, affiliate_id: UUID, url: str) -> dict[str, UUID]:
    endpoint_id = await an_endpoint(owner, affiliate_id, url=url)
    delivery_id = await a_delivery(owner, affiliate_id, endpoint_id)
    await an_attempt(owner, affiliate_id, delivery_id)
    return {"endpoint": endpoint_id, "delivery": delivery_id}


async def _newcomers(owner: asyncpg.Connection, hashed: str) -> Newcomers:
    email, unproven = "newcomer@new.example", "unproven@new.example"
    person_id = await a_person(owner, email=email, password_hash=hashed)
    reset = await a_one_time_token(owner, person_id, "RESET_PASSWORD")
    person_id = await a_person(owner, email=unproven, email_verified_at=None, password_hash=hashed)
    return Newcomers(email, reset, unproven, await a_one_time_token(owner, person_id))


async def _session_of(owner: asyncpg.Connection, person_id: UUID, browser: str) -> UUID:
    found: UUID = await owner.fetchval(
        "SELECT id FROM session WHERE person_id = $1 AND browser = $2", person_id, browser
    )
    return found


async def _an_affiliate(owner: asyncpg.Connection, name: str, person_id: UUID) -> UUID:
    affiliate_id = await an_affiliate(
        owner, name=f"Affiliate {name}", email=f"is-{name}@people.example", person_id=person_id
    )
    await a_profile_draft(owner, affiliate_id, bio=f"Draft of {name}")
    await a_published_profile(
        owner, affiliate_id, name=f"Stage of {name}", bio=f"Published by {name}"
    )
    await a_track_record(owner, affiliate_id)
    return affiliate_id


_BY_PREFIX: Final = {
    "acct": "account", "lstg": "listing", "agrm": "agreement", "offr": "offer", "stor": "store",
    "brnd": "brand", "slac": "seller account", "grnt": "grant", "prof": "profile",
    "prod": "product", "link": "link", "part": "partnership of first",
    "conv": "approved conversion of first", "oven": "offer version", "rrun": "held run",
    "subi": "subid", "crun": "catalog run", "appl": "application of first",
    "invt": "invitation of first", "duty": "duty", "memb": "aide", "minv": "member invitation",
    "akey": "spare key", "audt": "audit entry", "whep": "endpoint", "wdlv": "delivery",
}  # fmt: skip
_TELLING: Final = {
    "Conversion.brbNote": "pending conversion of first",
    "Application.decidedBy": "rejected application of second",
}
"""Where the usual row has nothing in the field."""
_FILTERS: Final[dict[str, Callable[[World], object]]] = {
    "ListingFilter.similarTo": lambda w: w.fern["listing"],
    "StoreFilter.profileId": lambda w: w.fern["profile"],
    "StoreFilter.status": lambda w: ["CONNECTED", "MEASURING_NOT_CONFIRMED", "RECONNECT"],
    "AffiliateFilter.storeId": lambda w: w.fern["store"],
    "PartnershipFilter.affiliateName": lambda w: "Affiliate",
    "PartnershipFilter.tag": lambda w: "fern-tag-of-first",
    "AffiliateProfileFilter.starred": lambda w: True,
    "AffiliateProfileFilter.ignored": lambda w: False,
    "AffiliateProfileFilter.partner": lambda w: True,
}
"""A filter of one room needs a line here."""
