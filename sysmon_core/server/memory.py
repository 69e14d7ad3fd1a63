"""Has the C library give memory back to the host."""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD = -3  # of malloc.h; its variable is MALLOC_MMAP_THRESHOLD_ (mallopt(3))
LARGE_BLOCK_BYTES = 1 << 20


def return_large_blocks() -> None:
    """Have each large block of memory be a mapping of its own, which ends when it is freed.

    Checking a password takes 19 MiB. Without this glibc keeps that for each thread's arena: after
    a hundred checks a server has hundreds of megabytes. Only glibc has such a threshold; other C
    libraries are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
