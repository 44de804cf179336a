"""Apply, and answer applications, one or many."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from domain import errors
from domain.access import Room, Scope
from domain.applications import actions, queries, rules
from domain.applications.telling import Post
from domain.errors import NotFound as NoSuchThing
from domain.ids import decode
from schema.acting import Info, change
from schema.applications import Application
from schema.batches import Batch, each
from schema.errors import Refusal
from schema.refusals import (
    AgreementNotAccepted,
    AlreadyApplied,
    AlreadyPartner,
    ApplicationDecided,
    InvalidInput,
    NotFound,
    OfferArchived,
    PartnersAlready,
    QuestionsUnanswered,
    SalesAlreadyReported,
    TooManyApplications,
    WrongId,
)


@strawberry.input(description="An answer to one of a listing's questions.")
class AnswerInput:
    question: str = strawberry.field(description="The question, as the listing has it.")
    answer: str = strawberry.field(description="2,000 characters at most.")


@strawberry.input(description="An application to a listed programme.")
class ApplyToListingInput:
    listing_id: strawberry.ID = strawberry.field(description="Which listing.")
    message: str = strawberry.field(
        default="", description="Why you; for the brand to read, 2,000 characters at most."
    )
    answers: list[AnswerInput] = strawberry.field(
        default_factory=list,
        description="To the listing's questions; to all that are required. At most 10.",
    )
    agreement_sha256: str | None = strawberry.field(
        default=None,
        description="Where the listing has an agreement: its `sha256`, by which you accept it. Left"
        " out where it has none.",
    )


@strawberry.type(description="What became of one application of a batch.")
class ApplicationOutcome:
    id: strawberry.ID = strawberry.field(description="The id as it was given.")
    application: Application | None = strawberry.field(
        description="As it is now; null when there is none."
    )
    refusal: Refusal | None = strawberry.field(
        description="Why it was not answered; null when it was, now or before in the same way."
    )


@strawberry.type(description="What became of each application of a batch.")
class ApplicationOutcomes:
    batch: strawberry.Private[Batch]

    @strawberry.field(description="One for each id, in the order given.")
    async def outcomes(self, info: Info) -> list[ApplicationOutcome]:
        return await self.batch.outcomes(info, Application, "application", ApplicationOutcome)


ApplyToListingResult = Annotated[
    Application
    | QuestionsUnanswered
    | AgreementNotAccepted
    | AlreadyApplied
    | PartnersAlready
    | TooManyApplications
    | InvalidInput
    | NotFound
    | WrongId,
    strawberry.union("ApplyToListingResult", description="The application, or why not."),
]
WithdrawApplicationResult = Annotated[
    Application | ApplicationDecided | NotFound | WrongId,
    strawberry.union("WithdrawApplicationResult", description="The application, or why not."),
]
AcceptApplicationResult = Annotated[
    Application
    | ApplicationDecided
    | AlreadyPartner
    | OfferArchived
    | SalesAlreadyReported
    | NotFound
    | WrongId,
    strawberry.union("AcceptApplicationResult", description="The application, or why not."),
]
RejectApplicationResult = Annotated[
    Application | ApplicationDecided | InvalidInput | NotFound | WrongId,
    strawberry.union("RejectApplicationResult", description="The application, or why not."),
]
ApplicationsResult = Annotated[
    ApplicationOutcomes | InvalidInput,
    strawberry.union("ApplicationsResult", description="An outcome for each, or why for none."),
]
ApplicationId = Annotated[strawberry.ID, strawberry.argument(description="Of the application.")]
ApplicationIds = Annotated[
    list[strawberry.ID], strawberry.argument(description="Of the applications, at most 100.")
]
Reason = Annotated[
    str, strawberry.argument(description="For the affiliate to read; 1 to 1,000 characters.")
]


@strawberry.type
class ApplicationMutations:
    @change(
        "Ask to join the programme of a listed offer. Where you meet the listing's rules you are a"
        " partner at once, and the status is ACCEPTED; otherwise it is SUBMITTED and waits for the"
        " brand. At most 20 within 24 hours."
        ' `applyToListing(input: {listingId: "lstg_1f…", message: "I write about presses."})`.',
        room=Room.AFFILIATE,
    )
    async def apply_to_listing(
        self, info: Info, input: ApplyToListingInput
    ) -> ApplyToListingResult:
        act = info.context.act
        listing_id = decode("lstg", input.listing_id)
        draft = rules.Draft(
            input.message,
            tuple(rules.Answer(one.question, one.answer) for one in input.answers),
            input.agreement_sha256,
        )
        account_id = await actions.account_to_apply_to(
            act.tx, act.affiliate_id, listing_id, act.now
        )
        tx = await act.enter(account_id)
        application = await actions.apply(
            tx, account_id, listing_id, act.affiliate_id, draft, act.actor, act.now, _post(info)
        )
        return await act.answer(Application, application.id)

    @change(
        "Take back an application that the brand has not answered. Twice is once.",
        room=Room.AFFILIATE,
    )
    async def withdraw_application(
        self, info: Info, id: ApplicationId
    ) -> WithdrawApplicationResult:
        act = info.context.act
        application_id = decode("appl", id)
        account_id = await queries.account_of(act.tx, act.affiliate_id, application_id)
        if account_id is None:
            raise NoSuchThing("application", id)
        tx = await act.enter(account_id)
        await act.remember(Application, [application_id])
        await actions.withdraw(tx, account_id, application_id, act.actor, act.now)
        return await act.answer(Application, application_id)

    @change(
        "Let an applicant in: a partner by the offer from today on. Twice is once.",
        needs=Scope.MANAGE,
    )
    async def accept_application(self, info: Info, id: ApplicationId) -> AcceptApplicationResult:
        act = info.context.act
        application_id = await act.changes(Application, id)
        await actions.accept_application(
            act.tx, act.account_id, application_id, act.actor, act.now, _post(info)
        )
        return await act.answer(Application, application_id)

    @change(
        "Turn an applicant down, with a reason that they will read. They may apply again. Twice is"
        " once: the first reason stands.",
        needs=Scope.MANAGE,
    )
    async def reject_application(
        self, info: Info, id: ApplicationId, reason: Reason
    ) -> RejectApplicationResult:
        act = info.context.act
        application_id = await act.changes(Application, id)
        await actions.reject_application(
            act.tx, act.account_id, application_id, reason, act.actor, act.now, _post(info)
        )
        return await act.answer(Application, application_id)

    @change(
        "Let many in at once. Those that can be are, whatever becomes of the others.",
        needs=Scope.MANAGE,
    )
    async def accept_applications(self, info: Info, ids: ApplicationIds) -> ApplicationsResult:
        act, post = info.context.act, _post(info)

        async def accept(found: Sequence[UUID]) -> dict[UUID, errors.Refusal | None]:
            return await actions.accept_applications(
                act.tx, act.account_id, found, act.actor, act.now, post
            )

        return ApplicationOutcomes(batch=await each(info, Application, "appl", ids, accept))

    @change(
        "Turn many down for one reason. Those that can be are, whatever becomes of the others.",
        needs=Scope.MANAGE,
    )
    async def reject_applications(
        self, info: Info, ids: ApplicationIds, reason: Reason
    ) -> ApplicationsResult:
        act, post = info.context.act, _post(info)

        async def reject(found: Sequence[UUID]) -> dict[UUID, errors.Refusal | None]:
            return await actions.reject_applications(
                act.tx, act.account_id, found, reason, act.actor, act.now, post
            )

        return ApplicationOutcomes(batch=await each(info, Application, "appl", ids, reject))


def _post(info: Info) -> Post:
    return Post(info.context.keyring, info.context.front_end_url)
