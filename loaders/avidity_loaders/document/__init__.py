"""A journal text as sections, paragraphs, sentences, tables and legends, each with its offsets.

All offsets are Unicode code points into the text as shipped; nothing is normalised.
"""

from avidity_loaders.document.document import Document
from avidity_loaders.document.models import (
    Block,
    Cell,
    FigureLegend,
    Gap,
    Leaf,
    ListItem,
    Location,
    Paragraph,
    ReferenceMarker,
    Row,
    Section,
    Sentence,
    Span,
    Table,
    TableNote,
)
from avidity_loaders.document.profile import Profile, read_profile
from avidity_loaders.document.reading import parse_document, read_document

__all__ = [
    "Block",
    "Cell",
    "Document",
    "FigureLegend",
    "Gap",
    "Leaf",
    "ListItem",
    "Location",
    "Paragraph",
    "Profile",
    "ReferenceMarker",
    "Row",
    "Section",
    "Sentence",
    "Span",
    "Table",
    "TableNote",
    "parse_document",
    "read_document",
    "read_profile",
]
