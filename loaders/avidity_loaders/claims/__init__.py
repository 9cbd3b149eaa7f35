"""The claims files: what a curator writes, and what the loaders read back."""

from avidity_loaders.claims.models import (
    AdverseEvent,
    Cohort,
    Finding,
    Quantity,
    Quote,
    Regimen,
    StudyFile,
)
from avidity_loaders.claims.reading import ClaimsFile, read_claims
from avidity_loaders.claims.schema import json_schema

__all__ = [
    "AdverseEvent",
    "ClaimsFile",
    "Cohort",
    "Finding",
    "Quantity",
    "Quote",
    "Regimen",
    "StudyFile",
    "json_schema",
    "read_claims",
]
