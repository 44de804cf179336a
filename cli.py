"""What an operator does at the command line: `python -m cli --help`.

Reads DATABASE_URL, and `reseal` SEALING_KEYS; without one it takes that of DATA_DIR.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID

import asyncpg
import typer

from db.migrate import migrate as migrate_database
from db.pool import Database
from domain.access import Scope
from domain.accounts import actions as accounts
from domain.accounts.rules import KnownKey, Plan
from domain.audit import actions as audit
from domain.audit.rules import Broken, Whole
from domain.conversions import verifying as conversions
from domain.erasure import actions as erasure
from domain.erasure.rules import Somebody
from domain.errors import Refusal
from domain.ids import decode, encode
from domain.mail.letters import password_page
from domain.people import operators
from domain.sealing import Keyring
from domain.secrets import actions as secrets
from domain.secrets.queries import by_key
from domain.secrets.rules import Sealed
from embedded import database
from house import data_dir

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
T = TypeVar("T")

AccountId = Annotated[str, typer.Argument(help="acct_…, as `create-account` printed it.")]
FrontEnd = Annotated[
    str,
    typer.Option(
        envvar=["FRONT_END_URL", "PUBLIC_URL"],
        help="Where people sign in: for the address of the page where the password is chosen.",
    ),
]


def _with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    async def run(url: str) -> T:
        async with Database(url) as db:
            return await work(db)

    with database(data_dir()) as env, _told():
        return asyncio.run(run(env["DATABASE_URL"]))


@contextmanager
def _told() -> Iterator[None]:
    """What an operator can mend is said in a line; a fault of ours is shown whole."""
    try:
        yield
    except Refusal as refusal:
        message = refusal.message
    except (OSError, asyncpg.PostgresError) as error:
        message = (
            f"The database of DATABASE_URL cannot be used for this: {error}\n"
            "`python -m cli migrate` makes its tables; docs/production.md names the two logins."
        )
    else:
        return
    typer.echo(message, err=True)
    raise typer.Exit(1)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to run again, and by several at once.

    Needs the login that owns the tables; all other commands need that of web and worker.
    """
    with database(data_dir()) as env, _told():
        asyncio.run(migrate_database(env["DATABASE_URL"]))
    typer.echo("The database is up to date.")


@app.command()
def begin(
    email: Annotated[str, typer.Argument(help="Of the first operator, who owns the account too.")],
    name: Annotated[str, typer.Argument(help="The operator's.")],
    account: Annotated[str, typer.Argument(help="What people call the first workspace.")],
    front_end_url: FrontEnd = "",
) -> None:
    """Begin an empty installation: its first operator, first account and first API key.

    Prints how to choose a password, which works once and for an hour, and the key, which is shown
    only now. An installation begins once.
    """

    async def work(db: Database) -> operators.Beginning:
        async with db.system() as tx:
            return await operators.begin(tx, email, name, account, datetime.now(UTC))

    begun = _with_database(work)
    _say_how_to_choose(begun.operator, front_end_url)
    typer.echo(f"account {encode('acct', begun.account_id)}")
    typer.echo(f"key     {begun.key.text}")


@app.command()
def create_operator(
    email: Annotated[str, typer.Argument(help="Believed to be theirs.")],
    name: Annotated[str, typer.Argument(help="Theirs; one who is known already keeps the old.")],
    front_end_url: FrontEnd = "",
) -> None:
    """Make somebody an operator of the installation, and print how they choose a password.

    What is printed works once and for an hour. Whoever has a password already need not use it.
    """

    async def work(db: Database) -> operators.Operator:
        async with db.system() as tx:
            return await operators.create_operator(tx, email, name, datetime.now(UTC))

    _say_how_to_choose(_with_database(work), front_end_url)


def _say_how_to_choose(operator: operators.Operator, front_end_url: str) -> None:
    typer.echo(f"person  {encode('pers', operator.person_id)}")
    typer.echo(f"token   {operator.token}")
    if front_end_url:
        typer.echo(f"page    {password_page(front_end_url.rstrip('/'), operator.token)}")


@app.command()
def create_account(
    name: Annotated[str, typer.Argument(help="What people call the workspace.")],
    plan: Annotated[Plan | None, typer.Option(help="Default: the installation's.")] = None,
) -> None:
    """Open an account and print its id and a first API key, which is shown only now."""

    async def work(db: Database) -> tuple[UUID, str]:
        async with db.system() as tx:
            account = await accounts.create_account(tx, name, plan, datetime.now(UTC))
            key = await accounts.create_api_key(tx, account.id, "first key")
            return account.id, key.text

    account_id, key = _with_database(work)
    typer.echo(f"{encode('acct', account_id)} {key}")


@app.command()
def create_key(
    account: AccountId,
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may do; all when left out. Repeatable.")
    ] = None,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it ends, at 0:00 UTC.")
    ] = None,
) -> None:
    """Print a new API key of an account; it is shown only now. One that reads has --scope READ."""
    scopes = frozenset(scope) if scope else accounts.EVERY_SCOPE
    end = None if expires is None else expires.replace(tzinfo=UTC)

    async def work(db: Database) -> str:
        async with db.system() as tx:
            id = decode("acct", account)
            return (await accounts.create_api_key(tx, id, name, scopes, end)).text

    typer.echo(_with_database(work))


@app.command()
def list_keys(account: AccountId) -> None:
    """Print the keys of an account, the oldest first: id, since when, state, how it begins, what
    it may do, when it was last used, what it is for."""

    async def work(db: Database) -> list[KnownKey]:
        async with db.system() as tx:
            return await accounts.api_keys(tx, decode("acct", account))

    for key in _with_database(work):
        used = f"used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
        scopes = "all" if key.scopes == accounts.EVERY_SCOPE else ",".join(sorted(key.scopes))
        typer.echo(
            f"{encode('akey', key.id)}  {key.created_at:%Y-%m-%d}  {_state(key)}  {key.prefix}…"
            f"  {scopes}  {used}  {key.name}"
        )


def _state(key: KnownKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is None:
        return "works"
    words = "works until" if key.expires_at > datetime.now(UTC) else "ended"
    return f"{words} {key.expires_at:%Y-%m-%d}"


@app.command()
def revoke_key(
    account: AccountId, key: Annotated[str, typer.Argument(help="akey_…, as `list-keys` shows it.")]
) -> None:
    """From now on nobody is let in with the key. Revoking it again changes nothing."""

    async def work(db: Database) -> None:
        async with db.system() as tx:
            await accounts.revoke_api_key(tx, decode("acct", account), decode("akey", key))

    _with_database(work)
    typer.echo("Revoked.")


@app.command()
def set_plan(account: AccountId, plan: Annotated[Plan, typer.Argument()]) -> None:
    """Change an account's plan. Connecting an Amazon store needs ENTERPRISE."""

    async def work(db: Database) -> None:
        async with db.system() as tx:
            await accounts.set_plan(tx, decode("acct", account), plan)

    _with_database(work)
    typer.echo(f"The account is on {plan.value}.")


@app.command()
def rebuild_conversions(account: AccountId) -> None:
    """Drop an account's conversions and make them again from the reports. Nothing may change:
    what does is printed and undone."""

    async def work(db: Database) -> int:
        async with db.transaction(decode("acct", account)) as tx:
            return await conversions.rebuild_account(tx, decode("acct", account))

    typer.echo(f"{_with_database(work)} conversions, each as it was.")


@app.command()
def verify_audit(account: AccountId) -> None:
    """Say whether every entry of an account's audit is there as it was written, or name the first
    that is not."""

    async def work(db: Database) -> Whole | Broken:
        account_id = decode("acct", account)
        async with db.transaction(account_id) as tx:
            await accounts.api_keys(tx, account_id)  # NotFound for an account that is none
            return await audit.verify(tx, account_id)

    found = _with_database(work)
    if isinstance(found, Broken):
        typer.echo(f"Broken: entry {found.number} {found.what}.", err=True)
        raise typer.Exit(1)
    erased = f", {found.erased} of them without somebody who was erased" if found.erased else ""
    typer.echo(f"{found.entries} entries, whole{erased}.")


@app.command()
def erase(
    who: Annotated[str, typer.Argument(help="Their e-mail address, or their pers_… or affl_….")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Erase a person or an affiliate for good: name, address, profile, what they wrote and what was
    written to them, in the audit too. Sales and commissions stay, to the cent."""
    if not yes:
        typer.confirm(f"Nobody can bring {who} back afterwards. Erase them?", abort=True)

    async def work(db: Database) -> Somebody:
        async with db.system() as tx:
            return await erasure.erase(tx, who, datetime.now(UTC))

    typer.echo(f"Erased {' and '.join(_with_database(work).ids)}.")


@app.command()
def reseal() -> None:
    """Seal anew, with the first of SEALING_KEYS, all that another key has sealed. Safe while
    everything runs, and to run again; a key that seals nothing any more can be taken away.

    Prints how many secrets each key seals afterwards.
    """

    async def work(db: Database) -> tuple[list[tuple[Sealed, str]], dict[str, int]]:
        done = 0

        def told(more: int) -> None:
            nonlocal done
            done += more
            typer.echo(f"{done} sealed anew", err=True)

        closed = await secrets.reseal(db, keyring, told)
        async with db.system() as tx:
            return closed, await by_key(tx)

    with database(data_dir()) as env, _told():
        keyring = Keyring.parse(env["SEALING_KEYS"])
    closed, counts = _with_database(work)
    for _, reason in closed:
        typer.echo(reason, err=True)
    for kid, count in counts.items():
        words = "seals" if kid == keyring.active else "still seals"
        typer.echo(f"{kid} {words} {count}")
    if counts.keys() - {keyring.active}:
        typer.echo(
            "What mutations answered under idempotency keys is not sealed anew: it is forgotten"
            " within two days. Run this again then, before an old key is taken away.",
            err=True,
        )
    if closed:
        raise typer.Exit(1)


@app.command()
def offer_amazon(
    open_: Annotated[bool, typer.Option("--open/--closed", help="To accounts opened from now on.")],
) -> None:
    """Offer the Amazon integration to new accounts, or to none; accounts that have it keep it."""

    async def work(db: Database) -> None:
        async with db.system() as tx:
            await accounts.set_amazon_open(tx, open_, datetime.now(UTC))

    _with_database(work)
    typer.echo("Open." if open_ else "Closed to new accounts.")


if __name__ == "__main__":
    app()
