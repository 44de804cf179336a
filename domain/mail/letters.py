"""What our letters say. Pure.

Each says who sends it, why, and what to do. A letter to an address that nobody has shown to be
theirs quotes nothing that a stranger may have typed, or it would carry the stranger's words. Tokens
stand behind the # of a link, which no server sees, and once more by themselves.
"""

from __future__ import annotations

from domain.access import Role
from domain.errors import excerpt
from domain.mail.rules import Letter

_IGNORE = "If you did not ask for this, do nothing: nobody gets in without this letter."


def verify(front_end_url: str, token: str) -> Letter:
    """To whoever signed up with an address."""
    return _letter(
        "Is this your address?",
        "somebody signed up for Clickledger with your address. If it was you, open this link within"
        " 48 hours and enter the password that you chose:",
        _link(front_end_url, "verify-email", token),
        "If you did not sign up, do nothing: the address cannot be used until you do.",
        front_end_url,
    )


def known_already(front_end_url: str) -> Letter:
    """To somebody with whose address, shown to be theirs, somebody signed up once more."""
    return _letter(
        "You have signed up before",
        "somebody has just signed up for Clickledger with your address. If it was you: you are a"
        " member already. Sign in, or choose a new password, here:",
        front_end_url,
        "If it was not you, do nothing: nothing has changed.",
        front_end_url,
    )


def reset(front_end_url: str, token: str) -> Letter:
    """To somebody who has forgotten their password."""
    return _letter(
        "Choose a new password",
        "somebody asked for a new password for your address. If it was you, open this link within"
        " an hour and choose one:",
        _link(front_end_url, "reset-password", token),
        f"You will then be signed out everywhere. {_IGNORE}",
        front_end_url,
    )


def password_changed(front_end_url: str) -> Letter:
    """To somebody whose password was changed just now, in case it was not by them."""
    return _letter(
        "Your password was changed",
        "your password was changed just now, and you were signed out elsewhere. If it was you,"
        " there is nothing to do. If it was not, choose a new one here at once:",
        front_end_url,
        "The page to sign in has a link for those who have forgotten their password: take it.",
        front_end_url,
    )


def invited_to_account(
    front_end_url: str, account_name: str, inviter: str, role: Role, token: str
) -> Letter:
    """To somebody who is asked to work in an account."""
    return _letter(
        f"{_quoted(account_name)} invites you",
        f'{_quoted(inviter)} invites you to the account "{_quoted(account_name)}" on'
        f" Clickledger, with the role {role.lower()}. To accept, open this link within a week:",
        _link(front_end_url, "join", token),
        "If you expect nothing of the kind, do nothing.",
        front_end_url,
    )


def application_received(front_end_url: str, affiliate_name: str, offer_name: str) -> Letter:
    """To those who look after an account to whose programme an affiliate has applied."""
    who = _quoted(affiliate_name)
    return _letter(
        f"{who} would like to promote you",
        f'{who} has applied for "{_quoted(offer_name)}" in the marketplace. Read the'
        " application, and accept or reject it, here:",
        f"{front_end_url}/applications",
        "An application waits until somebody answers it.",
        front_end_url,
    )


def application_accepted(front_end_url: str, brand_name: str, offer_name: str) -> Letter:
    """To an affiliate whom a brand takes."""
    brand = _quoted(brand_name)
    return _letter(
        f"{brand} has accepted you",
        f'good news: {brand} has accepted your application for "{_quoted(offer_name)}". Make'
        " your first link here:",
        f"{front_end_url}/partnerships",
        "Remember to tell people that you earn from what they buy.",
        front_end_url,
    )


def application_rejected(
    front_end_url: str, brand_name: str, offer_name: str, reason: str | None
) -> Letter:
    """To an affiliate whom a brand does not take. `reason` is the brand's word."""
    brand = _quoted(brand_name)
    why = f' They say: "{_quoted(reason, 1000)}".' if reason else ""
    return _letter(
        f"{brand} has answered your application",
        f'{brand} has not accepted your application for "{_quoted(offer_name)}".{why} There'
        " are other offers here:",
        f"{front_end_url}/marketplace",
        "You may apply again when something has changed.",
        front_end_url,
    )


def invited_to_offer(
    front_end_url: str, brand_name: str, offer_name: str, message: str | None
) -> Letter:
    """To an affiliate whom a brand would like to have. `message` is the brand's word."""
    brand = _quoted(brand_name)
    said = f' They write: "{_quoted(message, 1000)}".' if message else ""
    return _letter(
        f"{brand} invites you",
        f'{brand} would like you to promote "{_quoted(offer_name)}".{said} Look at the offer,'
        " and accept or decline, here:",
        f"{front_end_url}/invitations",
        "Declining needs no reason.",
        front_end_url,
    )


def invitation_answered(
    front_end_url: str, affiliate_name: str, offer_name: str, *, accepted: bool
) -> Letter:
    """To those who look after an account that has invited an affiliate."""
    who, offer = _quoted(affiliate_name), _quoted(offer_name)
    done = "accepted" if accepted else "declined"
    return _letter(
        f"{who} has {done} your invitation",
        f'{who} has {done} your invitation to "{offer}". See it here:',
        f"{front_end_url}/{'partnerships' if accepted else 'discovery'}",
        "They can make links from now on." if accepted else "You may invite them again later.",
        front_end_url,
    )


def webhooks_fail(front_end_url: str, url: str) -> Letter:
    """To the owners of an endpoint to which deliveries have failed a few times in a row."""
    return _letter(
        "Your webhooks do not arrive",
        f"our last deliveries to your webhook endpoint {_quoted(url, 200)} have failed. What it"
        " answered stands beside each of them here:",
        f"{front_end_url}/webhooks",
        "We try each of them ten times in three days. If nothing arrives for five days, the"
        " endpoint is disabled.",
        front_end_url,
    )


def webhooks_disabled(front_end_url: str, url: str, *, gone: bool) -> Letter:
    """To the owners of an endpoint to which nothing is sent any more."""
    why = (
        "has answered 410, which means that it wants no more deliveries"
        if gone
        else "has taken nothing for five days"
    )
    return _letter(
        "Your webhook endpoint is disabled",
        f"your webhook endpoint {_quoted(url, 200)} {why}, and we have disabled it. When it works"
        " again, enable it here, and send again what it missed:",
        f"{front_end_url}/webhooks",
        "What happens meanwhile is kept for you.",
        front_end_url,
    )


def password_page(front_end_url: str, token: str) -> str:
    """Where a password is chosen, for whoever is told otherwise than by letter."""
    return _page(front_end_url, "reset-password", token)


def _quoted(words: str, most: int = 60) -> str:
    """What somebody typed, in one line."""
    return excerpt(" ".join(words.split()), most)


def _link(front_end_url: str, page: str, token: str) -> str:
    return (
        f"{_page(front_end_url, page, token)}\n\n"
        f"Should the link not work, enter this by hand:\n\n{token}"
    )


def _page(front_end_url: str, page: str, token: str) -> str:
    return f"{front_end_url}/{page}#token={token}"


def _letter(subject: str, why: str, what: str, otherwise: str, front_end_url: str) -> Letter:
    return Letter(
        subject,
        f"Hello,\n\n{why}\n\n{what}\n\n{otherwise}\n\n"
        f"--\nClickledger, {front_end_url}\n"
        "This letter was sent by itself; answers are not read.\n",
    )
