"""Entity tags: of what an answer is made, and whether a client has it already (RFC 9110, 8.8.3 and 13.1.2)."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def tag(made_by: tuple[str, ...], asked: tuple[str, ...], body: bytes) -> str:
    """A strong tag without its quotes, from what makes an answer what it is beside its bytes, and its bytes.

    `made_by` is shared by many answers, `asked` by few.
    """
    digest = _begun(made_by).copy()
    text = "\0".join(asked).encode("utf-8", "surrogatepass")
    digest.update(b"%d " % len(text))
    digest.update(text)
    digest.update(body)
    return digest.hexdigest()[:24]


@lru_cache(maxsize=256)  # all answers of a release are made by the same
def _begun(made_by: tuple[str, ...]) -> hashlib._Hash:
    digest = hashlib.sha256()
    for part in made_by:
        text = part.encode()
        digest.update(len(text).to_bytes(8, "big"))
        digest.update(text)
    return digest


def has(if_none_match: str | None, etag: str) -> bool:
    """Whether the header names the tag (with its quotes), compared weakly, or anything by `*`."""
    if if_none_match is None:
        return False
    if if_none_match == etag or if_none_match.strip() == "*":
        return True
    return etag in _TAG.findall(if_none_match)
