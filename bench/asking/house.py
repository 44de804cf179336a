"""What the applications of the comparison have of the product: its configuration, pool and clock.

python -m bench.asking.house MODULE:FACTORY serves one as `python -m api` serves the product.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from granian import Granian
from granian.constants import Interfaces
from starlette.applications import Starlette

from config import Config
from db.pool import Database
from domain.clock import SystemClock


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Gives the application's state what `api.auth.viewer` asks of it."""
    config = Config.from_env(os.environ)
    async with Database(config.database_url, patience_s=3) as db:
        app.state.config, app.state.db, app.state.wall = config, db, SystemClock()
        gc.collect()  # as the product does before its first request
        gc.freeze()
        yield


def main() -> None:
    config = Config.from_env(os.environ)
    Granian(
        sys.argv[1],
        factory=True,
        interface=Interfaces.ASGI,
        address=config.host,
        port=config.port,
        workers=config.web_workers,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
