"""The web process: `python -m api`."""

from __future__ import annotations

import os

from granian import Granian
from granian.constants import Interfaces

from config import BadConfig, Config


def main() -> None:
    try:
        config = Config.from_env(os.environ)
    except BadConfig as error:
        raise SystemExit(str(error)) from None
    Granian(
        "api.app:from_environment",
        factory=True,
        interface=Interfaces.ASGI,
        address=config.host,
        port=config.port,
        workers=config.web_workers,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
