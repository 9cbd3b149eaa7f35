"""The claims files: what a curator writes, and what the loaders read back."""

from avidity_loaders.claims.models import Content, StudyFile, TopicFile
from avidity_loaders.claims.reading import ClaimsFile, read_claims
from avidity_loaders.claims.records import Quantity, Quote
from avidity_loaders.claims.results import AdverseEvent, Finding
from avidity_loaders.claims.schema import json_schema
from avidity_loaders.claims.studies import Cohort, Regimen

__all__ = [
    "AdverseEvent",
    "ClaimsFile",
    "Cohort",
    "Content",
    "Finding",
    "Quantity",
    "Quote",
    "Regimen",
    "StudyFile",
    "TopicFile",
    "json_schema",
    "read_claims",
]
