"""Verdicts as rows, as sentences, and as a proposal in SSSOM."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

from avidity_loaders.link.judging import FAULTS, Judged, Named, Verdict
from avidity_loaders.link.linking import LinkReport
from avidity_loaders.mappings.models import COLUMNS as MAPPING_COLUMNS
from avidity_loaders.names import BASE

COLUMNS = ("verdict", "subject_id", "predicate_id", "object_id", "object_label", "ontology_label", "replaced_by",
           "consider", "file", "line")  # fmt: skip


def rows(judged: Sequence[Judged]) -> list[tuple[str | int, ...]]:
    """A row for each verdict, in the order of `COLUMNS`; several ids are joined by semicolons."""
    return [
        (
            one.verdict.value, one.link.row["subject_id"], one.link.row["predicate_id"], one.link.target,
            one.link.label, one.label or "", _joined(one.replacements), _joined(one.consider), one.link.file.name,
            one.link.line,
        )
        for one in judged
    ]  # fmt: skip


def records(report: LinkReport) -> dict[str, Any]:
    """The whole report for JSON: the ontology, the counts, and each verdict with ids and labels apart."""
    header, file = report.header, report.file
    ontology = {
        "file": file.path.name, "format": file.format.value, "sha256": file.sha256, "iri": header.iri,
        "version_iri": header.version_iri, "version": header.version, "licence": header.licence,
        "imports_not_followed": header.imports, "classes": report.classes, "prefixes": list(report.owned),
    }  # fmt: skip
    return {
        "ontology": ontology,
        "counts": {verdict.value: count for verdict, count in _counts(report.judged).items()},
        "not_judged": report.not_judged,
        "links": [
            dict(zip(COLUMNS, row, strict=True))
            | {"replaced_by": _pairs(one.replacements), "consider": _pairs(one.consider)}
            for one, row in zip(report.judged, rows(report.judged), strict=True)
        ],
    }


def sentences(report: LinkReport) -> list[str]:
    """What was read and found, for people."""
    header, own = report.header, [one for one in report.judged if one.link.prefix in report.owned]
    found = ", ".join(f"{count} {verdict}" for verdict, count in _counts(own).items() if count)
    confirmed = len(report.judged) - len(own)
    others = f"{confirmed} of {confirmed + report.not_judged} links to other vocabularies confirmed"
    lines = [
        f"read      {report.file.path.name}: {report.file.format}, {report.classes} classes, {header.edition}, "
        f"licence {header.licence or 'not stated'}",
        f"judged    {len(own)} links to {', '.join(report.owned)}: {found}",
        f"others    {others}; the rest is not its own",
    ]
    if header.imports:
        lines.append(f"imports   {header.imports} named and not followed; what stands only there was not seen")
    if 2 * sum(one.verdict is Verdict.MISSING for one in own) > len(own):
        lines.append("Most links are missing. Is this the whole ontology, and not a subset or a module of it?")
    return lines


def proposal(report: LinkReport) -> str:
    """The rows whose id has a replacement, with that in its place, as a mapping set of its own.

    A proposal: whether the predicate still holds is for a curator to say, and so is what stands under `consider`.
    """
    replaced = [one for one in report.judged if one.verdict in FAULTS and one.replacements]
    first = report.links.sets[0]
    out = io.StringIO()
    out.write(f"#mapping_set_id: {BASE}mappings/proposal.sssom.tsv\n")
    out.write("#mapping_set_title: Proposed replacements of links, to be judged by a curator\n")
    out.write(
        f"#mapping_set_version: {first.version}\n#license: {first.licence}\n#mapping_date: {first.date}\n#curie_map:\n"
    )
    out.writelines(f"#  {prefix}: {namespace}\n" for prefix, namespace in report.links.namespaces.items())
    writer = csv.DictWriter(out, MAPPING_COLUMNS, delimiter="\t", lineterminator="\n", restval="")
    writer.writeheader()
    for one in replaced:
        for new in one.replacements:
            writer.writerow(_replaced(one, new, report))
    return out.getvalue()


def _replaced(one: Judged, new: Named, report: LinkReport) -> dict[str, str]:
    row = {**one.link.row, "object_id": new.curie, "object_label": new.label or ""}
    row["comment"] = f"{one.link.target} ({one.link.label}) is {one.verdict} in {report.header.edition}"
    row["object_source_version"] = report.header.edition
    return row


def _counts(judged: Sequence[Judged]) -> dict[Verdict, int]:
    found = Counter(one.verdict for one in judged)
    return {verdict: found[verdict] for verdict in Verdict}


def _joined(named: Sequence[Named]) -> str:
    return "; ".join(map(str, named))


def _pairs(named: Sequence[Named]) -> list[dict[str, str | None]]:
    return [{"id": one.curie, "label": one.label} for one in named]
