"""Keep freed memory in the process: on a CPU this speeds up training more than any change to the networks.

The C library of most Linux systems hands every large block back to the kernel when it is freed, and fetches it again,
zeroed page by page, at the next request.  A network that allocates the same large maps in every step spends much of
its time in these page faults: a grouped region layer took 390 ms with and 164 ms without them.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


def keep_memory() -> bool:
    """Tell glibc not to return freed memory to the system.

    Meant for programs that train on a CPU; the process keeps its peak memory until it ends.  Call it before the first
    large allocation.

    Returns
    -------
    bool
        Whether the setting took effect; False, and nothing changed, where there is no glibc.
    """
    libc = _glibc()
    return libc is not None and all(
        libc.mallopt(ctypes.c_int(option), ctypes.c_int(value)) == 1
        for option, value in ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_TOP_PAD, 64 * 2**20))
    )


def give_back() -> None:
    """Return freed memory to the system all the same, and forget the peak, where that can be done.

    For a process that goes on with something else, of which ``resource.getrusage`` shall tell the peak.
    """
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)
        with suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # the peak of the resident memory, see proc(5)


def _glibc() -> ctypes.CDLL | None:
    """The C library, if it is GNU's."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.gnu_get_libc_version  # noqa: B018  (musl may answer to the same file name but lacks this symbol)
        return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
    except (OSError, AttributeError):
        return None
