"""What the product writes to people: in a rehearsal the worker puts it into a folder."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from demo.errors import Trouble
from demo.scene import Scene, Waiting

_PATIENCE_S = 20


async def letter_to(scene: Scene, address: str) -> EmailMessage:
    """The next letter to an address that was not read yet."""

    async def look() -> EmailMessage | Waiting:
        for file in sorted(scene.outbox.glob("*.eml")):
            if file in scene.letters:
                continue
            letter = read(file)
            if letter["To"] == address:
                scene.letters.add(file)
                return letter
        return Waiting(f"none in {scene.outbox}")

    return await scene.until(f"letter to {address}", look, _PATIENCE_S)


def read(file: Path) -> EmailMessage:
    return BytesParser(EmailMessage, policy=default).parsebytes(file.read_bytes())


def token_in(letter: EmailMessage) -> str:
    """What a letter says to enter: it stands behind the # of its link."""
    found = re.search(r"#token=(\S+)", letter.get_content())
    if found is None:
        raise Trouble(f"There is no token in the letter {letter['Subject']!r}.", "web")
    return found[1]
