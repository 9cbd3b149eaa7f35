"""Release → answers: SPARQL, REST, pages and the command line.

Nothing here opens a seed file; a release folder is all that the service reads.
"""

from __future__ import annotations

from functools import cache


@cache
def version() -> str:
    """The version of the code."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("avidity")
    except PackageNotFoundError:  # run from a folder of sources
        return "unknown"
