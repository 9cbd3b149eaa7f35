"""SSSOM mapping sets: links from our things and terms to external vocabularies."""

from avidity_loaders.mappings.converting import convert_mappings
from avidity_loaders.mappings.judging import judge_mappings, linked
from avidity_loaders.mappings.models import NO_TERM_FOUND, Mapping, MappingSet
from avidity_loaders.mappings.prefixes import Prefix, read_prefixes
from avidity_loaders.mappings.reading import read_mapping_sets

__all__ = [
    "NO_TERM_FOUND",
    "Mapping",
    "MappingSet",
    "Prefix",
    "convert_mappings",
    "judge_mappings",
    "linked",
    "read_mapping_sets",
    "read_prefixes",
]
