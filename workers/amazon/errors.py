"""What can go wrong when we talk to Amazon, and what to do about each.

    AmazonError
    ├── TryLater            throttled, down, slow: the same request may succeed later
    │   └── Throttled       Amazon said 429
    ├── Rejected            Amazon understood and said no: the same request will fail again
    │   ├── NotEligible     the profile may not use Amazon Attribution
    │   └── AccessLost      a fresh token is refused too: consent or a role is missing
    ├── TooManyListings     a search cannot show all SKUs: take the report
    ├── InvalidGrant        the seller must connect again
    ├── ClientRefused       our own credentials are refused: alarm, never retry
    ├── NotUnderstood       Amazon answered with something that we cannot read
    └── EgressRefused       the address is not one of Amazon's; nothing was sent

Messages hold what Amazon said, never a token.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import msgspec

_LONGEST_DETAIL = 500


class AmazonError(Exception):
    """The base of everything that goes wrong on Amazon's wire."""


class TryLater(AmazonError):
    """Amazon is busy or unreachable, and the patience of one call is used up.

    `retry_after_s` is how long Amazon asked us to wait, None when it did not say.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Throttled(TryLater):
    """Amazon said 429: we ask more often than our quota allows."""


class Rejected(AmazonError):
    """Amazon refused the request; `answer` says with which status and words."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer))
        self.answer = answer


class NotEligible(Rejected):
    """The profile is not authorised to use Amazon Attribution."""


class AccessLost(Rejected):
    """A token fresh from Amazon is refused: the seller took the right away, or never gave it."""


class TooManyListings(AmazonError):
    """The seller has more SKUs than a search shows; order the listings report instead."""


class InvalidGrant(AmazonError):
    """The code or the refresh token is void; only a new consent of the seller helps."""


class ClientRefused(AmazonError):
    """Login with Amazon refuses our client id or secret, or what we ask for with it."""


class NotUnderstood(AmazonError):
    """Amazon said yes, with a body that is not what its documentation or practice shows."""


class EgressRefused(AmazonError):
    """The address is neither an endpoint of Amazon nor a report document's; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A refusal in Amazon's words, whichever of its several forms it came in."""

    status: int
    code: str
    detail: str
    request_id: str | None

    def __str__(self) -> str:
        said = f"Amazon answered {self.status} {self.code}: {self.detail or 'without a reason'}"
        return f"{said} (request {self.request_id})" if self.request_id else said


def answer(response: httpx.Response) -> Answer:
    """Read a refusal: JSON of the Ads API, its gateway or the Selling Partner API, or no JSON."""
    try:
        body = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = None
    if isinstance(body, dict) and isinstance(body.get("errors"), list) and body["errors"]:
        body = body["errors"][0]
    fields = body if isinstance(body, dict) else {}
    words = [
        str(fields[key])
        for key in ("message", "detail", "details", "error_description")
        if fields.get(key)
    ]
    header = response.headers.get("x-amzn-requestid") or response.headers.get("x-amz-request-id")
    return Answer(
        status=response.status_code,
        code=str(
            fields.get("code")
            or fields.get("error")
            or response.headers.get("x-amzn-errortype")
            or "no code"
        ),
        detail=(" ".join(words) if fields else response.text)[:_LONGEST_DETAIL].strip(),
        request_id=str(fields["requestId"]) if fields.get("requestId") else header,
    )
