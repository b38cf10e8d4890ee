"""Progress bars: alive on a terminal and in a notebook, a line now and then in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from tqdm.auto import tqdm


def bar(iterable: Iterable | None = None, **options: Any) -> tqdm:
    """A ``tqdm`` bar that writes to a log file twice a minute at most.

    Parameters
    ----------
    iterable : iterable, optional
    **options
        Passed to ``tqdm``.
    """
    live = sys.stderr.isatty() or "ipykernel" in sys.modules
    return tqdm(iterable, mininterval=0.2 if live else 30, **options)
