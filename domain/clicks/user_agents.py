"""Telling people's browsers from everything else by the user agent."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from is_crawler import is_crawler

# Longer than any browser's, and short enough for what the library remembers of each one.
_LONGEST_READ: Final = 512

# Every browser that people use, and every browser inside an app, begins like this. Command line
# tools, HTTP libraries and most link previewers do not.
_BROWSER: Final = ("Mozilla/", "Opera/", "UCWEB/")

# A maker of phones whose name ends like a program's: "CUBOT X19".
_CUBOT: Final = re.compile("cubot", re.IGNORECASE)

# Monitors that open a page in a real browser and add their name, unknown to the library.
_MONITORS: Final = (
    "statuscake", "site24x7", "gtmetrix", "ptst/", "datadog", "newrelic", "checkly", "catchpoint",
)  # fmt: skip


def is_program(user_agent: str) -> bool:
    """Whether this is a crawler, a link previewer, a monitor or a library, not a person's browser.

    It errs towards people: a program that pretends to be a browser is counted.
    """
    if not user_agent.startswith(_BROWSER):
        return True
    return _adds_that_it_is_one(user_agent[:_LONGEST_READ])


@lru_cache(4096)
def _adds_that_it_is_one(read: str) -> bool:
    """Of what begins like a browser. Most people's browsers say the same few hundred texts."""
    lower = read.lower()
    if "cubot" in lower:
        read = _CUBOT.sub("", read)
    return is_crawler(read) or any(name in lower for name in _MONITORS)
