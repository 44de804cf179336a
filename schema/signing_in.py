"""Signing up, in and out, and other passwords: what a person does about themselves."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Annotated

import strawberry

from domain.errors import NotFound as NothingThere
from domain.ids import decode, encode
from domain.mail.rules import Sender
from domain.people import actions, proving, queries, rules, sessions
from domain.people.rules import Begun
from schema.accounts import Viewer
from schema.acting import Info, change
from schema.context import Context
from schema.refusals import (
    EmailNotVerified,
    InvalidInput,
    NotFound,
    TokenNotValid,
    TooManyAttempts,
    WrongCredentials,
    WrongId,
)


@strawberry.input(description="Somebody new.")
class SignUpInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    email: str = strawberry.field(description="Where a letter goes that has to be answered.")
    password: str = strawberry.field(
        description="12 to 200 characters, such as a sentence; neither your address nor your name."
    )
    as_affiliate: bool = strawberry.field(
        default=False, description="Also become an affiliate, once the address is verified."
    )


@strawberry.type(
    description="A letter is on its way, if there is anybody whom it is for. That is not said:"
    " nobody finds out here who has signed up."
)
class LetterSent:
    email: str = strawberry.field(description="The address, as it was given.")


@strawberry.type(description="The password is the new one. You are signed out everywhere.")
class PasswordReset:
    email: str = strawberry.field(description="The address to sign in with.")


@strawberry.type(description="You are signed out.")
class SignedOut:
    sessions: int = strawberry.field(description="How many sessions have ended.")


@strawberry.type(description="A session has ended, and lets nobody in any more.")
class SessionEnded:
    id: strawberry.ID = strawberry.field(description="Of the session.")


SignUpResult = Annotated[
    LetterSent | TooManyAttempts | InvalidInput,
    strawberry.union("SignUpResult", description="That a letter was sent, or why not."),
]
ResendVerificationResult = Annotated[
    LetterSent | TooManyAttempts,
    strawberry.union("ResendVerificationResult", description="That a letter was sent, or why not."),
]
RequestPasswordResetResult = Annotated[
    LetterSent | TooManyAttempts,
    strawberry.union(
        "RequestPasswordResetResult", description="That a letter was sent, or why not."
    ),
]
VerifyEmailResult = Annotated[
    Viewer | TokenNotValid | WrongCredentials | TooManyAttempts,
    strawberry.union("VerifyEmailResult", description="You, signed in, or why not."),
]
SignInResult = Annotated[
    Viewer | WrongCredentials | EmailNotVerified | TooManyAttempts,
    strawberry.union("SignInResult", description="You, signed in, or why not."),
]
ResetPasswordResult = Annotated[
    PasswordReset | TokenNotValid | TooManyAttempts | InvalidInput,
    strawberry.union("ResetPasswordResult", description="That it was done, or why not."),
]
ChangePasswordResult = Annotated[
    Viewer | WrongCredentials | TooManyAttempts | InvalidInput,
    strawberry.union("ChangePasswordResult", description="You, still signed in, or why not."),
]
EndSessionResult = Annotated[
    SessionEnded | NotFound | WrongId,
    strawberry.union("EndSessionResult", description="The session that has ended, or why not."),
]
BecomeAffiliateResult = Annotated[
    Viewer | EmailNotVerified,
    strawberry.union("BecomeAffiliateResult", description="You, with your new seat, or why not."),
]
Email = Annotated[str, strawberry.argument(description="The address that you signed up with.")]
Token = Annotated[str, strawberry.argument(description="As it stands in the letter.")]
Password = Annotated[str, strawberry.argument(description="The one that you chose.")]
NewPassword = Annotated[
    str, strawberry.argument(description="12 to 200 characters; neither your address nor name.")
]


@strawberry.type
class PersonMutations:
    @change(
        "Sign up. A letter with a token goes to the address; `verifyEmail` takes it and signs you"
        " in. The answer is the same for an address that is known already: its owner is told.",
        anyone=True,
        late=True,
    )
    async def sign_up(self, info: Info, input: SignUpInput) -> SignUpResult:
        context, now = info.context, info.context.wall.now()
        new = await proving.new_person(
            context.db, input.name, input.email, input.password, context.client, now
        )
        tx = await context.act.begin()
        await actions.sign_up(tx, new, _sender(context), now, as_affiliate=input.as_affiliate)
        return LetterSent(email=input.email)

    @change(
        "Send the letter of a sign-up again; the earlier one no longer counts. The answer is the"
        " same when there is nothing to verify.",
        anyone=True,
        late=True,
    )
    async def resend_verification(self, info: Info, email: Email) -> ResendVerificationResult:
        context, now = info.context, info.context.wall.now()
        await proving.letter(context.db, email, context.client, now)
        tx = await context.act.begin()
        await actions.send_verification_again(tx, email, _sender(context), now)
        return LetterSent(email=email)

    @change(
        "Show that an address is yours, and be signed in: by the token of the letter, within 48"
        " hours, and the password of the sign-up. A token works once.",
        anyone=True,
        late=True,
    )
    async def verify_email(self, info: Info, token: Token, password: Password) -> VerifyEmailResult:
        context, now = info.context, info.context.wall.now()
        proven = await proving.address(context.db, token, password, context.client, now)
        tx = await context.act.begin()
        begun = await actions.verify_email(tx, token, proven, context.browser, now)
        return await _signed_in(context, begun)

    @change(
        "Sign in. The session is kept in a cookie; send it with the header X-Requested-By. It ends"
        " after 30 days, or when it is not used for 7. Matters of money, and of who gets in, want"
        " one of the last 12 hours that was used within 30 minutes."
        ' `signIn(email: "ann@example.com", password: "a sentence that only I know")`.',
        anyone=True,
        late=True,
    )
    async def sign_in(self, info: Info, email: Email, password: Password) -> SignInResult:
        context, now = info.context, info.context.wall.now()
        proven = await proving.credentials(context.db, email, password, context.client, now)
        tx = await context.act.begin()
        begun = await actions.sign_in(tx, proven, context.browser, now)
        return await _signed_in(context, begun)

    @change("End this session. Twice is once.", anyone=True)
    async def sign_out(self, info: Info) -> SignedOut:
        ended = await _end_this(info.context)
        _forget(info.context)
        return SignedOut(sessions=ended)

    @change("End all your sessions, this one too.", person=True)
    async def sign_out_everywhere(self, info: Info) -> SignedOut:
        act = info.context.act
        ended = await sessions.end_all(act.tx, act.person_id)
        _forget(info.context)
        return SignedOut(sessions=ended)

    @change(
        "Ask for a letter with which to choose another password within an hour. The answer is the"
        " same for an address that nobody has.",
        anyone=True,
        late=True,
    )
    async def request_password_reset(self, info: Info, email: Email) -> RequestPasswordResetResult:
        context, now = info.context, info.context.wall.now()
        await proving.letter(context.db, email, context.client, now)
        tx = await context.act.begin()
        await actions.request_password_reset(tx, email, _sender(context), now)
        return LetterSent(email=email)

    @change(
        "Choose another password by the token of a letter. All your sessions end, and the address"
        " has been shown to be yours. A token works once.",
        anyone=True,
        late=True,
    )
    async def reset_password(
        self, info: Info, token: Token, new_password: NewPassword
    ) -> ResetPasswordResult:
        context, now = info.context, info.context.wall.now()
        chosen = await proving.forgotten_password(
            context.db, token, new_password, context.client, now
        )
        tx = await context.act.begin()
        person_id = await actions.reset_password(tx, token, chosen, _sender(context), now)
        person = await queries.person(tx, person_id)
        assert person is not None, "the token was somebody's"
        context.act.note(encode("pers", person_id), None, {"password": "chosen anew"})
        if context.viewer and context.viewer.person_id == person_id:
            _forget(context)
        return PasswordReset(email=person.email)

    @change(
        "Choose another password. Your other sessions end, and this one gets another cookie.",
        person=True,
        late=True,
    )
    async def change_password(
        self,
        info: Info,
        current_password: Annotated[str, strawberry.argument(description="The one until now.")],
        new_password: NewPassword,
    ) -> ChangePasswordResult:
        context, now, act = info.context, info.context.wall.now(), info.context.act
        new = await proving.new_password(
            context.db, act.person_id, current_password, new_password, context.client, now
        )
        tx = await act.begin()
        begun = await actions.change_password(tx, new, context.browser, _sender(context), now)
        context.viewer = replace(context.signed_in, session_id=begun.session_id, fresh=True)
        _keep(context, begun)
        return Viewer()

    @change("End one of your sessions.", person=True)
    async def end_session(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Of the session.")],
    ) -> EndSessionResult:
        context, act, session_id = info.context, info.context.act, decode("sess", id)
        await sessions.end(act.tx, act.person_id, session_id)
        if session_id == context.signed_in.session_id:
            _forget(context)
        return SessionEnded(id=id)

    @change(
        "Also be an affiliate. One that a brand has entered under your address becomes you. Twice"
        " is once.",
        person=True,
    )
    async def become_affiliate(self, info: Info) -> BecomeAffiliateResult:
        context, act = info.context, info.context.act
        affiliate_id = await actions.become_affiliate(act.tx, act.person_id, context.wall.now())
        context.viewer = rules.with_affiliate(context.signed_in, affiliate_id)
        act.note(encode("pers", act.person_id), None, {"affiliate": encode("affl", affiliate_id)})
        return Viewer()


def _sender(context: Context) -> Sender:
    return Sender(context.keyring, context.front_end_url, context.now())


async def _signed_in(context: Context, begun: Begun) -> Viewer:
    """From here on the request is the person's; the session of before ends with it."""
    act, now = context.act, context.wall.now()
    await _end_this(context)
    context.viewer = await sessions.viewer_of(act.tx, begun.token, None, now)
    act.note(encode("sess", begun.session_id), None, {"person": encode("pers", begun.person_id)})
    _keep(context, begun)
    return Viewer()


async def _end_this(context: Context) -> int:
    """How many sessions ended: this browser's, if it had one."""
    viewer = context.viewer
    if viewer is None or viewer.person_id is None or viewer.session_id is None:
        return 0
    with suppress(NothingThere):
        await sessions.end(context.act.tx, viewer.person_id, viewer.session_id)
    return 1


def _keep(context: Context, begun: Begun) -> None:
    keep = partial(context.session.keep, begun.token, begun.expires_at)
    context.act.afterwards.append(keep)


def _forget(context: Context) -> None:
    """Nobody is signed in any more, once it is done: until then the audit asks who did it."""
    context.act.afterwards.append(partial(_nobody, context))


def _nobody(context: Context) -> None:
    if context.viewer is not None and context.viewer.person_id is not None:
        context.viewer = None
    context.session.forget()
