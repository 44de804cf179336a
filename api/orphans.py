"""A serving process whose parent was killed ends too.

It would go on answering on the port of the next release, and nobody would know to stop it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

_LOOK_S: Final = 0.5
_GRACE_S: Final = 10.0


def end_with_parent() -> None:
    """Watch, from a thread, whoever started this process. What is under way has some seconds."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_S)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE_S)
        os._exit(1)

    threading.Thread(target=watch, name="watch parent", daemon=True).start()
