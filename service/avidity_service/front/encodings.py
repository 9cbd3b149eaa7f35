"""Content codings: which of them a client takes (RFC 9110, 12.5.3), and bytes in them."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from avidity_service.negotiation import weighted

IDENTITY = "identity"
# Shorter answers grow or hardly shrink.
_WORTHWHILE = 1024
_LEVEL = 1
_COMPRESSIBLE = re.compile(r"text/|application/(.*\+)?(json|xml|javascript)\b|application/(n-|trig)|image/svg")
_ALIASES = {"x-gzip": "gzip"}


def _gzip(data: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)  # 31: gzip's frame, without a time
    return compressor.compress(data) + compressor.flush()


def _zstd(data: bytes) -> bytes:
    return bytes(_zstd_module().compress(data, level=_LEVEL))


@lru_cache(maxsize=1)
def _zstd_module() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


# What we prefer among codings that a client likes equally.
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {"zstd": _zstd, "gzip": _gzip}


def encode(data: bytes, coding: str) -> bytes:
    """The bytes in a coding; the same bytes give the same bytes."""
    return data if coding == IDENTITY else _ENCODERS[coding](data)


def choose(accept: str | None, media_type: str, size: int) -> str | None:
    """The coding for an answer of so many bytes; None if the client takes none of ours, identity included.

    Short answers and those that are compressed already stay as they are, unless the client refuses that.
    """
    liked = _liked(accept) if accept is None or len(accept) <= 256 else _read(accept)
    if not liked or liked[0] == IDENTITY:
        return liked[0] if liked else None
    if IDENTITY in liked and (size <= _WORTHWHILE or not _COMPRESSIBLE.match(media_type)):
        return IDENTITY
    return liked[0]


def _read(accept: str | None) -> tuple[str, ...]:
    """The codings that the header takes, the best liked first."""
    if accept is None or not accept.strip():
        return (IDENTITY,)
    named = {_ALIASES.get(name, name): quality for name, quality in weighted(accept)}
    rest = named.get("*")
    # What only * takes is the one that everybody knows; identity needs no mention, and comes last then.
    order = [*(name for name in _ENCODERS if name in named), *(name for name in ("gzip", "zstd") if name not in named)]
    quality = {name: named.get(name, rest or 0.0) for name in order}
    quality[IDENTITY] = named.get(IDENTITY, 1e-9 if rest is None else rest)
    liked = [name for name in (*order, IDENTITY) if quality[name] > 0]
    return tuple(sorted(liked, key=lambda name: -quality[name]))


_liked = lru_cache(maxsize=512)(_read)
