"""What a format has no way to say, found before anybody gets an answer that no parser takes.

The engine writes such answers all the same. XML 1.0 forbids some characters, also as references (2.2 Characters), and
reads a carriage return as a line feed unless it is a reference (2.11 End-of-Line Handling). In RDF/XML a predicate is
the name of an element, so its IRI has to end in one (RDF 1.1 XML Syntax, 2.3 and 7.2.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Protocol

import pyoxigraph as ox

from avidity_service.sparql.formats import GRAPHS, XML

# JSON-LD 1.1 has no triple terms.
_FLAT = "application/ld+json"
_RDF_XML = "application/rdf+xml"
# Bytes that are looked for one by one, which takes a tenth of the time of a class of them in a pattern.
_CONTROLS = tuple(code for code in range(0x20) if chr(code) not in "\t\n\r")
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
# What the engine writes for an IRI without a local name: an element without one. Values and texts have no `<`.
_NAMELESS = re.compile(rb'<oxprefix: xmlns:oxprefix="([^"]*)"')
_NAMELESS_TYPE = re.compile(rb'<oxprefix: xmlns:oxprefix="([^"]*)" (rdf:(?:about|nodeID)="[^"]*")>')
# XML keeps this namespace for itself: nothing may be named by it (Namespaces in XML, 3).
_KEPT = re.compile(rb"<xmlns:([^ />]*)")
_MOST_SHOWN = 200


class Writable(Protocol):
    """What the engine wants of a file."""

    def write(self, part: bytes, /) -> int:
        """Take some bytes."""

    def flush(self) -> None:
        """Pass on what was taken."""


class Unsayable(Exception):
    """The answer holds something that the format has no way to say; the message says what."""


def write_graph(triples: Iterable[ox.Triple], sink: Writable, media_type: str) -> None:
    """Have the engine write the triples.

    Raises:
        Unsayable: at the first triple that cannot be said. That all of it is XML, `well_formed` has to tell.
    """
    if media_type == _FLAT:
        triples = _flat(triples)
    try:
        ox.serialize(triples, sink, format=GRAPHS[media_type])  # type: ignore[arg-type]
    except OSError as error:
        if "reserved syntax term" not in str(error):
            raise
        raise Unsayable("RDF/XML keeps the name of a predicate of it, such as rdf:li, for its own syntax") from None


def _flat(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    for triple in triples:
        if isinstance(triple.object, ox.Triple):
            raise Unsayable("JSON-LD 1.1 has no triple terms")
        yield triple


def well_formed(data: bytes, media_type: str) -> bytes:
    """A whole answer so that a parser of XML reads what was meant; other formats as they are.

    Every step is one pass in native code: an answer may have a hundred megabytes.

    Raises:
        Unsayable: if there is no way to.
    """
    if media_type not in XML:
        return data
    _check_characters(data)
    if media_type == _RDF_XML:
        data = _named(data)
    return data.replace(b"\r", b"&#13;")


def _check_characters(data: bytes) -> None:
    found = None
    if any(map(data.__contains__, _CONTROLS)):
        found = next(code for code in _CONTROLS if code in data)
    elif not data.isascii():
        found = next((ord(mark.decode()) for mark in _NO_CHARACTERS if mark in data), None)
    if found is not None:
        raise Unsayable(f"it holds the character U+{found:04X}, which XML 1.0 cannot write")


def _named(data: bytes) -> bytes:
    """RDF/XML in which every element has a name that it may have."""
    if b"<oxprefix:" in data:
        data = _with_types_as_properties(data)
    kept = _KEPT.search(data)
    if kept is not None:
        raise Unsayable(f"XML keeps the namespace of {_shown(b'http://www.w3.org/2000/xmlns/' + kept[1])} for itself")
    return data


def _with_types_as_properties(data: bytes) -> bytes:
    """A class without a local name cannot be an element, but the value of rdf:type; a predicate has no other way."""
    data = _NAMELESS_TYPE.sub(rb'<rdf:Description \2>\n\t\t<rdf:type rdf:resource="\1"/>', data)
    predicate = _NAMELESS.search(data)
    if predicate is not None:
        raise Unsayable(f"its predicate {_shown(predicate[1])} does not end in a name, as RDF/XML needs")
    return data.replace(b"</oxprefix:>", b"</rdf:Description>")


def _shown(iri: bytes) -> str:
    text = unescape(iri.decode("utf-8", "replace"))
    return f"<{text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + '…'}>"
