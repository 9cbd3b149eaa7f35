"""A checked dataset → the files of a release."""

from __future__ import annotations

import json
from collections import Counter
from importlib.metadata import version

import pyoxigraph as ox

from avidity_loaders.assembling import Assembled
from avidity_loaders.checks import CheckReport
from avidity_loaders.document import Document
from avidity_loaders.inputs import Inputs, inputs_digest
from avidity_loaders.names import AV, RDF_TYPE, RDFS_LABEL, split_iri
from avidity_loaders.ontology_files import ontology_files
from avidity_loaders.release import ReleaseContent, canonical_lines, digest, pack
from avidity_loaders.searchable import search_documents
from avidity_loaders.void import description_file, with_description

_COUNTED = ("Study", "Cohort", "Regimen", "Finding", "AdverseEventFinding", "Passage", "Agent", "Alteration",
            "Mechanism", "Question", "GenotypeEvidence", "Statement", "Discrepancy", "DerivedFinding",
            "RefractorinessCriterion", "OpenQuestion", "PatientCase", "HarmRate")  # fmt: skip


def release_content(assembled: Assembled, inputs: Inputs, report: CheckReport) -> ReleaseContent:
    """All files of the release as bytes, and its manifest; the id comes from the dataset's own digest."""
    document, accounted = assembled.proven.document, assembled.account
    quads = with_description(assembled.quads)
    lines = canonical_lines(quads)
    release = digest("\n".join(lines).encode())[:12]
    files = {
        "dataset.nq.gz": pack(lines),
        **ontology_files(quads, inputs.ontology),
        "void.ttl": description_file(quads, release),
        # The text itself, so that a quote can be read where it stands; its licence is in the dataset.
        "source/review.txt": document.text.encode(),
        "search.jsonl": search_documents(quads, accounted.rows, document.text),
        "reports/checks.json": _json(
            {
                "shapes": report.shapes,
                "things": report.focus_nodes,
                "checks": report.queries,
                "warnings": report.warnings,
            }
        ),
        "reports/source.json": _json(_source_report(document)),
        "reports/coverage.json": _json({**accounted.sums, "ledger": accounted.rows}),
        "reports/discrepancies.json": _json(_discrepancies(quads)),
    }
    manifest = {
        "release": release,
        "version": version("avidity"),
        "inputs": inputs_digest(inputs),
        "files": {name: {"sha256": digest(data), "bytes": len(data)} for name, data in sorted(files.items())},
        "counts": {"quads": len(lines), "facts_proven": assembled.proven.facts, **_class_counts(quads)},
        "coverage": accounted.sums,
        "source": {"sha256": document.sha256, "characters": len(document.text)},
    }
    return ReleaseContent(release, files, manifest)


def _class_counts(quads: list[ox.Quad]) -> dict[str, int]:
    members = Counter(
        str(quad.object.value)[len(AV) :]
        for quad in {(q.subject, q.object): q for q in quads if q.predicate.value == RDF_TYPE}.values()
        if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(AV)
    )
    return {name: members[name] for name in _COUNTED}


def _discrepancies(quads: list[ox.Quad]) -> list[dict[str, str]]:
    """One line for each contradiction: its slug, kind, severity, label and what is shown."""
    names = {AV + "discrepancyKind": "kind", AV + "severity": "severity", RDFS_LABEL: "label", AV + "shown": "shown",
             AV + "foundBy": "found_by"}  # fmt: skip
    found: dict[str, dict[str, str]] = {}
    for quad in quads:
        name, (kind, slug) = names.get(quad.predicate.value), split_iri(str(getattr(quad.subject, "value", "")))
        if name and kind == "discrepancy" and isinstance(quad.object, ox.Literal):
            found.setdefault(slug, {"slug": slug})[name] = quad.object.value
    return [found[slug] for slug in sorted(found)]


def _source_report(document: Document) -> dict[str, object]:
    return {
        "sections": len(document.sections),
        "sentences": len(document.sentences),
        "tables": len(document.tables),
        "legends": len(document.legends),
        "gaps": [{"kind": gap.kind, "what": gap.what} for gap in document.gaps],
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
