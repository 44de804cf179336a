"""Letters that were promised go out."""

from __future__ import annotations

from uuid import UUID

from domain.duties.rules import Duty
from domain.mail import queries
from domain.mail.rules import place_of
from workers.deps import Deps


async def send_mail(deps: Deps, duty: Duty) -> None:
    """Its subject is the letter. What it says is forgotten as soon as it has gone."""
    mail_id = UUID(duty.subject)
    async with deps.db.system() as tx:
        mail = await queries.mail(tx, mail_id)
    if mail is None or mail.sealed_text is None:
        return  # gone already
    text = deps.keyring.open(mail.sealed_text, place_of(duty.account_id, mail_id))
    await deps.post.send(mail, text)
    async with deps.db.system() as tx:
        await queries.set_sent(tx, mail_id, deps.clock.now())
