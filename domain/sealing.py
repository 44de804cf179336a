"""Secrets at rest: AES-256-GCM, bound to the place where they are kept. Pure.

A sealed secret is the text `v1.<kid>.<nonce>.<ciphertext>`, its last two parts base64url without
padding. Table, column, account and row are authenticated with it, so that a ciphertext copied to
another place does not open there. Keys have ids: old ones still open while a new one seals.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION: Final = "v1"
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_KID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


class SealingError(Exception):
    """A secret could not be sealed or opened. Messages never hold a secret or a key."""


class UnusableKeys(SealingError):
    """The text that should hold the keys does not."""


class UnknownKey(SealingError):
    """The secret was sealed with a key that the keyring no longer has."""


class NotSealed(SealingError):
    """The text does not have the form of a sealed secret."""


class WrongSeal(SealingError):
    """The secret was altered, or it was sealed for another place, or with another key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed secret is kept; it opens nowhere else."""

    table: str
    column: str
    account_id: UUID
    row_id: UUID

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of row {self.row_id}, account {self.account_id}"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys of 32 bytes by their ids; the one called `active` seals, all of them open."""

    active: str
    keys: dict[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if self.active not in self.keys:
            raise UnusableKeys(f"The keyring has no key {self.active!r} to seal with.")
        for kid, key in self.keys.items():
            if _KID.fullmatch(kid) is None:
                raise UnusableKeys(
                    f"{kid!r} cannot be the id of a key: use up to 32 letters, digits, - and _."
                )
            if len(key) != _KEY_BYTES:
                raise UnusableKeys(
                    f"Key {kid!r} has {len(key)} bytes instead of {_KEY_BYTES}. "
                    "`openssl rand -base64 32` makes one."
                )

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read `kid:base64[,kid2:base64]`; the first key is the active one.

        What is wrong is named by its place: either half may be the secret one.
        """
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(text.split(","), start=1):
            kid, colon, encoded = entry.strip().partition(":")
            if not colon or kid in keys:
                problem = "repeats an id" if colon else "has no colon"
                raise UnusableKeys(f"Key {number} {problem}. Write kid:base64,kid2:base64.")
            try:
                keys[kid] = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                raise UnusableKeys(
                    f"Key {number} is not base64 of {_KEY_BYTES} bytes. Write kid:base64."
                ) from None
        return cls(next(iter(keys)), keys)

    def seal(self, secret: str, place: Place) -> str:
        """Encrypt a secret for one place, with the active key and a nonce of its own."""
        nonce = os.urandom(_NONCE_BYTES)
        cipher = AESGCM(self.keys[self.active])
        ciphertext = cipher.encrypt(nonce, secret.encode(), _associated(place))
        return ".".join((_VERSION, self.active, _encoded(nonce), _encoded(ciphertext)))

    def open(self, sealed: str, place: Place) -> str:
        """Decrypt what was sealed for this place. Raises NotSealed, UnknownKey or WrongSeal."""
        kid, nonce, ciphertext = _parts(sealed)
        key = self.keys.get(kid)
        if key is None:
            raise UnknownKey(
                f"The secret in {place} was sealed with key {kid!r}, which is not in the keyring. "
                "Put that key back beside the new one until everything is sealed anew."
            )
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, _associated(place)).decode()
        except InvalidTag:
            raise WrongSeal(
                f"The secret in {place} does not open: it was altered, moved here from elsewhere, "
                f"or key {kid!r} is not the key it was sealed with."
            ) from None


def _associated(place: Place) -> bytes:
    # A JSON list keeps its members apart whatever they contain.
    members = [_VERSION, place.table, place.column, str(place.account_id), str(place.row_id)]
    return json.dumps(members).encode()


def _parts(sealed: str) -> tuple[str, bytes, bytes]:
    parts = sealed.split(".")
    if len(parts) != 4 or parts[0] != _VERSION or _KID.fullmatch(parts[1]) is None:
        raise NotSealed("This is not a sealed secret of the form v1.<kid>.<nonce>.<ciphertext>.")
    nonce, ciphertext = _decoded(parts[2]), _decoded(parts[3])
    if len(nonce) != _NONCE_BYTES:
        raise NotSealed(f"The sealed secret's nonce has {len(nonce)} bytes, not {_NONCE_BYTES}.")
    return parts[1], nonce, ciphertext


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        data = b""
    # Python's decoder skips characters it does not know; one secret has one spelling only.
    if _encoded(data) != text:
        raise NotSealed("The sealed secret holds characters that are not base64url.")
    return data
