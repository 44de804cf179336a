from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from db.pool import Database
from domain.errors import InvalidInput
from domain.people import actions, passwords, proving, queries, sessions
from domain.people.rules import (
    EmailNotVerified,
    Purpose,
    TokenNotValid,
    TooManyAttempts,
    WrongCredentials,
)
from tests.factories import NOW, an_affiliate
from tests.letterbox import SENDER, RememberingHasher, everything_kept, letters_to, token_for
from tests.people import a_person, a_session

ANN = "ann@example.com"
PASSWORD = "nine lives, one cat"
OTHER = "one cat, nine lives left"
CLIENT = "203.0.113.7"


class World:
    """Ann's ways in, each as the API goes it: proven first, then one transaction."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.now = NOW

    async def sign_up(self, email=ANN, password=PASSWORD, name="Ann", as_affiliate=False):
        new = await proving.new_person(self.db, name, email, password, CLIENT, self.now)
        async with self.db.system() as tx:
            await actions.sign_up(tx, new, SENDER, self.now, as_affiliate=as_affiliate)

    async def verify(self, token, password=PASSWORD):
        proven = await proving.address(self.db, token, password, CLIENT, self.now)
        async with self.db.system() as tx:
            return await actions.verify_email(tx, token, proven, "Firefox", self.now)

    async def sign_in(self, email=ANN, password=PASSWORD):
        proven = await proving.credentials(self.db, email, password, CLIENT, self.now)
        async with self.db.system() as tx:
            return await actions.sign_in(tx, proven, "Firefox", self.now)

    async def forget(self, email=ANN):
        await proving.letter(self.db, email, CLIENT, self.now)
        async with self.db.system() as tx:
            await actions.request_password_reset(tx, email, SENDER, self.now)

    async def again(self, email=ANN):
        await proving.letter(self.db, email, CLIENT, self.now)
        async with self.db.system() as tx:
            await actions.send_verification_again(tx, email, SENDER, self.now)

    async def reset(self, token, password=OTHER):
        new = await proving.forgotten_password(self.db, token, password, CLIENT, self.now)
        async with self.db.system() as tx:
            return await actions.reset_password(tx, token, new, SENDER, self.now)

    async def change(self, person_id, current=PASSWORD, password=OTHER):
        new = await proving.new_password(self.db, person_id, current, password, CLIENT, self.now)
        async with self.db.system() as tx:
            return await actions.change_password(tx, new, "Firefox", SENDER, self.now)

    async def lets_in(self, session):
        return await sessions.viewer_of(self.db, session.token, None, self.now) is not None


async def person(db: Database, person_id):
    async with db.system() as tx:
        return await queries.person(tx, person_id)


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


@pytest.fixture
async def ann(world, owner):
    """Ann has signed up and verified her address."""
    await world.sign_up()
    return await world.verify(await token_for(owner, ANN))


async def test_who_signs_up_follows_the_letter_and_is_in(world, owner):
    await world.sign_up(email=" Ann@Example.COM ", name=" Ann ")
    begun = await world.verify(await token_for(owner, ANN))

    assert await world.lets_in(begun)
    known = await person(world.db, begun.person_id)
    assert (known.email, known.name, known.email_verified_at) == (ANN, "Ann", NOW)
    assert (known.affiliate_id, known.operator) == (None, False)
    assert await world.lets_in(await world.sign_in())


async def test_an_address_that_is_not_verified_opens_nothing(world, owner):
    await world.sign_up()

    with pytest.raises(EmailNotVerified):
        await world.sign_in()
    with pytest.raises(WrongCredentials):
        await world.sign_in(password=OTHER)
    assert await owner.fetchval("SELECT count(*) FROM session") == 0


async def test_the_letter_alone_verifies_nothing(world, owner):
    """Somebody else may have signed up with my address: then I do not know their password."""
    await world.sign_up()
    token = await token_for(owner, ANN)

    with pytest.raises(WrongCredentials):
        await world.verify(token, password=OTHER)
    assert await world.verify(token)


async def test_the_last_to_sign_up_with_an_unverified_address_is_who_it_becomes(world, owner):
    await world.sign_up(password=OTHER, name="Mallory", as_affiliate=True)
    mallorys = await token_for(owner, ANN)
    await world.sign_up()

    with pytest.raises(TokenNotValid):
        await world.verify(mallorys, password=OTHER)
    begun = await world.verify(await token_for(owner, ANN))

    known = await person(world.db, begun.person_id)
    assert (known.name, known.affiliate_id) == ("Ann", None)
    with pytest.raises(WrongCredentials):
        await world.sign_in(password=OTHER)


async def test_signing_up_with_a_known_address_tells_its_owner_and_changes_nothing(
    world, owner, ann
):
    before = await owner.fetch("SELECT * FROM person")
    await world.sign_up(password=OTHER, name="Mallory", as_affiliate=True)

    assert await owner.fetch("SELECT * FROM person") == before
    assert await world.lets_in(ann)
    letter = (await letters_to(owner, ANN))[-1]
    assert "before" in letter.subject
    assert "#token" not in letter.text
    assert "Mallory" not in letter.subject + letter.text


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("email", {"email": "ann"}), ("email", {"email": "ann@example.com\nbcc: x@y.example"}),
        ("name", {"name": " "}), ("password", {"password": "short"}),
        ("password", {"password": "Ann@example.com"}),
    ],
)  # fmt: skip
async def test_words_that_will_not_do_are_refused(world, owner, field, words):
    with pytest.raises(InvalidInput) as refused:
        await world.sign_up(**words)

    assert refused.value.field == field
    assert await owner.fetchval("SELECT count(*) FROM person") == 0


async def test_a_letter_can_be_sent_again_and_only_the_newest_counts(world, owner):
    await world.sign_up(as_affiliate=True)
    first = await token_for(owner, ANN)
    world.now += timedelta(hours=1)
    await world.again()
    second = await token_for(owner, ANN)

    with pytest.raises(TokenNotValid):
        await world.verify(first)
    begun = await world.verify(second)
    assert (await person(world.db, begun.person_id)).affiliate_id is not None


async def test_letters_are_for_those_who_need_them_and_it_looks_the_same(world, owner, ann):
    """Nobody finds out by asking whether an address is known."""
    sent = await owner.fetchval("SELECT count(*) FROM mail")

    for email in ("nobody@example.com", "no address at all", "\0", "\ud800", "x" * 5000):
        assert await world.forget(email) is None
        assert await world.again(email) is None
    assert await world.again() is None

    assert await owner.fetchval("SELECT count(*) FROM mail") == sent
    assert await owner.fetchval("SELECT count(*) FROM one_time_token") == 0
    assert await owner.fetchval("SELECT count(*) FROM duty") == sent


async def test_an_unknown_address_is_as_many_statements_as_a_known_one(db, owner):
    await a_person(owner, email=ANN)
    asked = []
    # The first of a connection asks PostgreSQL about types of arrays, whoever it is for.
    for email in ("first@example.com", ANN, "nobody@example.com"):
        one = []
        async with db.system() as tx:
            log = lambda query, one=one: one.append(query.query)  # noqa: E731
            tx._con.add_query_logger(log)
            await actions.request_password_reset(tx, email, SENDER, NOW)
            tx._con.remove_query_logger(log)
        asked.append([sql.partition("__asyncpg_savepoint")[0] for sql in one])

    # One ends in RELEASE, the other in ROLLBACK.
    _, known, unknown = asked
    assert known[:-1] == unknown[:-1]
    assert len(known) == len(unknown) == 6


async def test_an_unknown_address_is_as_much_hashing_as_a_known_one(
    world, owner, ann, monkeypatch: pytest.MonkeyPatch
):
    await a_person(owner, email="has.none@example.com", password_hash=None)
    works = []
    for email in (ANN, "nobody@example.com", "has.none@example.com", ""):
        hasher = RememberingHasher()
        monkeypatch.setattr(passwords, "_hasher", hasher)
        with pytest.raises(WrongCredentials):
            await world.sign_in(email, "a wrong password")
        works.append((hasher.compared, hasher.hashed))

    assert works == [works[0]] * 4
    assert (len(works[0][0]), works[0][1]) == (1, 0)


async def test_a_known_address_is_as_much_hashing_to_sign_up_as_an_unknown_one(
    world, ann, monkeypatch: pytest.MonkeyPatch
):
    for email in (ANN, "nobody@example.com"):
        hasher = RememberingHasher()
        monkeypatch.setattr(passwords, "_hasher", hasher)
        await world.sign_up(email=email)
        assert (hasher.compared, hasher.hashed) == ([], 1)


@pytest.mark.parametrize("email", [ANN, "nobody@example.com", "", "\0", "\ud800"])
async def test_wrong_credentials_say_nothing_of_the_address(world, ann, email):
    with pytest.raises(WrongCredentials) as refused:
        await world.sign_in(email, "a wrong password")

    assert refused.value.message == WrongCredentials().message


async def test_a_forgotten_password_is_replaced_and_everybody_is_out(world, owner, ann):
    elsewhere = await world.sign_in()
    await world.forget()
    token = await token_for(owner, ANN)

    assert await world.reset(token) == ann.person_id

    assert not await world.lets_in(ann)
    assert not await world.lets_in(elsewhere)
    with pytest.raises(WrongCredentials):
        await world.sign_in()
    assert await world.lets_in(await world.sign_in(password=OTHER))
    with pytest.raises(TokenNotValid):
        await world.reset(token)
    assert "was changed" in (await letters_to(owner, ANN))[-1].subject


async def test_a_new_password_by_letter_verifies_the_address_too(world, owner):
    """Who never found the first letter, or somebody else's password stood there."""
    await world.sign_up(as_affiliate=True)
    verify = await token_for(owner, ANN)
    world.now += timedelta(minutes=1)
    await world.forget()
    person_id = await world.reset(await token_for(owner, ANN))

    assert (await person(world.db, person_id)).affiliate_id is not None
    assert await world.sign_in(password=OTHER)
    with pytest.raises(TokenNotValid):
        await world.verify(verify)


@pytest.mark.parametrize(
    ("purpose", "hours"), [(Purpose.VERIFY_EMAIL, 48), (Purpose.RESET_PASSWORD, 1)]
)
async def test_a_token_ends(world, owner, purpose, hours):
    await world.sign_up()
    if purpose is Purpose.RESET_PASSWORD:
        world.now += timedelta(minutes=1)
        await world.forget()
    token = await token_for(owner, ANN)
    follow = world.verify if purpose is Purpose.VERIFY_EMAIL else world.reset
    sent_at = world.now

    world.now = sent_at + timedelta(hours=hours)
    with pytest.raises(TokenNotValid):
        await follow(token)
    world.now -= timedelta(seconds=1)
    assert await follow(token)


async def test_a_token_is_for_one_purpose(world, owner):
    await world.sign_up()
    token = await token_for(owner, ANN)

    with pytest.raises(TokenNotValid):
        await world.reset(token)
    assert await world.verify(token)


@pytest.mark.parametrize("purpose", Purpose)
async def test_of_twenty_who_use_a_token_at_once_one_does(world, owner, ann, purpose):
    if purpose is Purpose.VERIFY_EMAIL:
        await world.sign_up(email="bob@example.com")
        token = await token_for(owner, "bob@example.com")
        proven = await proving.address(world.db, token, PASSWORD, CLIENT, NOW)

        async def follow():
            async with world.db.system() as tx:
                return await actions.verify_email(tx, token, proven, "Firefox", NOW)
    else:
        world.now += timedelta(minutes=1)
        await world.forget()
        token = await token_for(owner, ANN)
        new = await proving.forgotten_password(world.db, token, OTHER, CLIENT, NOW)

        async def follow():
            async with world.db.system() as tx:
                return await actions.reset_password(tx, token, new, SENDER, NOW)

    found = await asyncio.gather(*(follow() for _ in range(20)), return_exceptions=True)

    assert sum(isinstance(one, TokenNotValid) for one in found) == 19, found
    assert await owner.fetchval("SELECT count(*) FROM one_time_token") == 0


async def test_a_changed_password_ends_other_sessions_and_renews_this_one(world, owner, ann):
    elsewhere = await world.sign_in()
    renewed = await world.change(ann.person_id)

    assert [await world.lets_in(one) for one in (ann, elsewhere, renewed)] == [False, False, True]
    assert renewed.token != ann.token
    assert await world.sign_in(password=OTHER)
    assert "was changed" in (await letters_to(owner, ANN))[-1].subject


async def test_a_password_is_changed_by_who_knows_it(world, ann):
    with pytest.raises(WrongCredentials):
        await world.change(ann.person_id, current="a wrong password")
    with pytest.raises(InvalidInput):
        await world.change(ann.person_id, password="Ann@example.com")

    assert await world.lets_in(ann)
    assert await world.sign_in()


async def test_what_was_proven_by_a_password_of_before_no_longer_holds(world, ann):
    """The password is changed between the comparison and the transaction."""
    proven = await proving.credentials(world.db, ANN, PASSWORD, CLIENT, NOW)
    await world.change(ann.person_id)

    async with world.db.system() as tx:
        with pytest.raises(WrongCredentials):
            await actions.sign_in(tx, proven, "Firefox", NOW)


async def test_a_hash_of_smaller_parameters_grows_with_the_next_sign_in(world, owner):
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await a_person(owner, email=ANN, password_hash=old)

    await world.sign_in()

    kept = await owner.fetchval("SELECT password_hash FROM person")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await world.sign_in()


async def test_the_eleventh_wrong_password_is_not_even_looked_at(world, ann):
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await world.sign_in(password="a wrong password")

    with pytest.raises(TooManyAttempts):
        await world.sign_in()
    world.now += timedelta(minutes=16)
    assert await world.sign_in()


async def test_who_knows_the_password_may_sign_in_as_often_as_they_like(world, ann):
    for _ in range(12):
        await world.sign_in()


async def test_an_attempt_counts_though_what_it_was_for_is_rolled_back(world, owner):
    with pytest.raises(WrongCredentials):
        await world.sign_in()

    assert await owner.fetchval("SELECT sum(attempts) FROM attempt") == 2


async def test_made_up_tokens_are_counted_by_where_they_come_from(world, owner):
    for _ in range(100):
        with pytest.raises(TokenNotValid):
            await world.reset("made up")
    with pytest.raises(TooManyAttempts):
        await world.reset("made up")
    with pytest.raises(TooManyAttempts):
        await proving.token(world.db, CLIENT, NOW)


async def test_letters_to_one_address_are_few(world, ann):
    for _ in range(10):
        await world.forget()
    with pytest.raises(TooManyAttempts):
        await world.forget()


async def test_who_signs_up_as_an_affiliate_becomes_one_with_the_verified_address(world, owner):
    """One that a brand has entered under the address is theirs then, and not before."""
    affiliate_id = await an_affiliate(owner, email=ANN, name="Ann of Acme's list")
    await world.sign_up(as_affiliate=True)
    assert await owner.fetchval("SELECT person_id FROM affiliate") is None

    begun = await world.verify(await token_for(owner, ANN))

    row = await owner.fetchrow("SELECT * FROM affiliate")
    assert (row["id"], row["person_id"]) == (affiliate_id, begun.person_id)
    viewer = await sessions.viewer_of(world.db, begun.token, None, NOW)
    assert viewer.seat.room_id == affiliate_id


async def test_an_affiliate_cannot_be_had_before_the_address_is_verified(world, owner):
    await an_affiliate(owner, email=ANN)
    person_id = await a_person(owner, email=ANN, email_verified_at=None)

    async with world.db.system() as tx:
        with pytest.raises(EmailNotVerified):
            await actions.become_affiliate(tx, person_id, NOW)

    assert await owner.fetchval("SELECT person_id FROM affiliate") is None


async def test_an_affiliate_who_is_somebody_stays_who_they_are(world, owner, ann):
    bob = await a_person(owner)
    await an_affiliate(owner, email="bob@example.com", person_id=bob)

    async with world.db.system() as tx:
        taken = await queries.put_affiliate(tx, ann.person_id, "bob@example.com", "Ann", NOW)

    assert taken is None
    assert await owner.fetchval("SELECT person_id FROM affiliate") == bob


async def test_becoming_an_affiliate_twice_or_at_once_is_once(world, owner, ann):
    async def become():
        async with world.db.system() as tx:
            return await actions.become_affiliate(tx, ann.person_id, NOW)

    found = await asyncio.gather(*(become() for _ in range(8)))

    assert len(set(found)) == 1
    rows = await owner.fetch("SELECT id, name, email, person_id FROM affiliate")
    assert [tuple(row) for row in rows] == [(found[0], "Ann", ANN, ann.person_id)]


async def test_no_password_and_no_token_is_kept_or_logged(world, owner, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        await world.sign_up()
        verify = await token_for(owner, ANN)
        begun = await world.verify(verify)
        world.now += timedelta(minutes=1)
        with pytest.raises(WrongCredentials):
            await world.sign_in(password="a wrong password")
        await world.forget()
        reset = await token_for(owner, ANN)
        kept = await everything_kept(owner)
        await world.reset(reset)
        again = await world.sign_in(password=OTHER)
        kept += await everything_kept(owner)

    told = caplog.text + "".join(capfd.readouterr())
    secrets = (
        PASSWORD, OTHER, "a wrong password", verify, reset, begun.token, again.token,
    )  # fmt: skip
    for secret in secrets:
        assert secret not in kept
        assert secret not in told
        assert secret not in repr((begun, again))


async def test_old_tokens_are_forgotten(world, owner, ann):
    await world.forget()
    await a_session(owner, ann.person_id)
    async with world.db.system() as tx:
        await sessions.forget_old(tx, NOW + timedelta(hours=1))

    assert await owner.fetchval("SELECT count(*) FROM one_time_token") == 0
    assert await owner.fetchval("SELECT count(*) FROM session") == 2
