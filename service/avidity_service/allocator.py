"""Settings of the C library's malloc, which must be there before a process starts.

The engine takes and frees thousands of small pieces for each query. With more of them kept at hand for a thread, and
with large pages where the system has them, queries over a million quads take half the time; a fork takes a tenth.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

_VARIABLE = "GLIBC_TUNABLES"
_SETTINGS = "glibc.malloc.hugetlb=1:glibc.malloc.tcache_count=2000"
# The front has many threads, each of which would keep what it frees for itself, and large answers, which the system
# is to get back: with these it grows by a third less beside queries that try to use up everything.
_OF_THE_FRONT = f"{_SETTINGS}:glibc.malloc.arena_max=2:glibc.malloc.mmap_threshold=2097152"


def tuned(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the processes that answer queries, unless somebody else has set it."""
    found = {_VARIABLE: _SETTINGS, **environment}
    return {**found, _VARIABLE: _SETTINGS} if found[_VARIABLE] == _OF_THE_FRONT else found


def restart_tuned() -> None:
    """Replace this process by the same with the settings, if it has none and the C library is one that knows them."""
    if _VARIABLE in os.environ or not _is_glibc():
        return
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, _VARIABLE: _OF_THE_FRONT})


def _is_glibc() -> bool:
    try:
        return "glibc" in (os.confstr("CS_GNU_LIBC_VERSION") or "")
    except (AttributeError, OSError, ValueError):
        return False
