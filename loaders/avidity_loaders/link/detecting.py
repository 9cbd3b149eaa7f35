"""Which format a file has, by its first bytes: suffixes lie, and browsers save web pages under any name."""

from __future__ import annotations

import re
from enum import StrEnum


class Format(StrEnum):
    """The formats that can be read."""

    OBO = "OBO"
    RDF_XML = "OWL in RDF/XML"
    TURTLE = "OWL in Turtle"
    GRAPHS = "OBO Graphs JSON"


GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
_OTHERS = (
    (b"PK\x03\x04", "a zip archive", "Unpack it."),
    (b"BZh", "compressed with bzip2", "Unpack it; only gzip is read as it is."),
    (b"\xfd7zXZ", "compressed with xz", "Unpack it; only gzip is read as it is."),
    (b"(\xb5/\xfd", "compressed with zstd", "Unpack it; only gzip is read as it is."),
    (b"version https://git-lfs", "a pointer of Git LFS and not the file itself", "Get the file: git lfs pull"),
)
ROBOT = "ROBOT writes it in a format that is read: robot convert --input FILE --output new.obo (or new.owl, new.json)"
_XML = re.compile(rb"<(?:[?!]|[\w.\-]+(?::[\w.\-]+)?[\s>])")
_NO_ELEMENT = re.compile(rb"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^\[>]*>", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(rb"<((?:[\w.\-]+:)?([\w.\-]+))")
_OBO = re.compile(rb"(?:^|\n)(?:\[Term\]|(?:format-version|data-version|ontology|default-namespace) *:)")
_FUNCTIONAL = re.compile(rb"(?:^|\n)\s*(?:Prefix|Ontology)\s*\(")
_TURTLE = re.compile(rb"(?:^|\n)\s*(?:@prefix|@base|prefix\s|base\s|<[a-z][a-z0-9+.\-]*:[^<>\s]*>\s)", re.IGNORECASE)


def detect(head: bytes) -> Format | tuple[str, str]:
    """The format of a file that begins with these bytes; else what it is, in words, and the cure."""
    for start, what, cure in _OTHERS:
        if head.startswith(start):
            return what, cure
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head:
        return (
            "not text in UTF-8 (UTF-16, or no text at all)",
            "Write it again: iconv -f UTF-16 -t UTF-8 FILE > new.owl",
        )
    text = head.removeprefix(BOM).lstrip()
    if not text:
        return "empty", "Fetch it again."
    if text[:1] in b"{[":
        return Format.GRAPHS
    if _XML.match(text):
        return _xml(text)
    if _FUNCTIONAL.search(text):
        return "OWL in functional syntax, which is not read", ROBOT
    if _OBO.search(text):
        return Format.OBO
    if _TURTLE.search(text):
        return Format.TURTLE
    return "no ontology in OBO, RDF/XML, Turtle or OBO Graphs JSON", ROBOT


def _xml(text: bytes) -> Format | tuple[str, str]:
    root = _ROOT.search(_NO_ELEMENT.sub(b"", text))
    # No root so early: a long comment, or a DOCTYPE that the guard will refuse with its line.
    if root is None or root[2] == b"RDF":
        return Format.RDF_XML
    name = root[1].decode(errors="replace")
    if name.lower() == "html":
        return "a web page (<html>) and no ontology", "Fetch the file itself, not the page that shows it."
    return f"XML with the root <{name}>; of XML, only RDF/XML (root rdf:RDF) is read", ROBOT
