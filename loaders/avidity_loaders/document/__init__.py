"""A journal text as sections, paragraphs, sentences, tables and legends, each with its offsets.

All offsets are Unicode code points into the text as shipped; nothing is normalised.
"""

from avidity_loaders.document.models import (
    Block,
    Cell,
    Document,
    Gap,
    Location,
    ReferenceMarker,
    Row,
    Section,
    Sentence,
    Span,
    Table,
)
from avidity_loaders.document.profile import Profile, read_profile
from avidity_loaders.document.reading import parse_document, read_document

__all__ = [
    "Block",
    "Cell",
    "Document",
    "Gap",
    "Location",
    "Profile",
    "ReferenceMarker",
    "Row",
    "Section",
    "Sentence",
    "Span",
    "Table",
    "parse_document",
    "read_document",
    "read_profile",
]
