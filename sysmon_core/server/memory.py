"""Returns freed memory to the host."""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD = -3  # in malloc.h (mallopt(3)); the variable is MALLOC_MMAP_THRESHOLD_
LARGE_BLOCK_BYTES = 1 << 20


def return_large_blocks() -> None:
    """Have malloc map each large block separately, so that free() returns it to the host.

    A password check takes 19 MiB (argon2). By default glibc keeps such blocks in the arena of each
    thread, and a server has hundreds of megabytes after a hundred checks. With other C libraries
    this does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
