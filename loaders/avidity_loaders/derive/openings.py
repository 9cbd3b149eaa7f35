"""What the source leaves open: genotypes of responders, agents, denominators, responses; and parts that are missing."""

from __future__ import annotations

from collections.abc import Iterator

from avidity_loaders.claims import Finding
from avidity_loaders.derive.found import Found, Side, StudyClaims
from avidity_loaders.document import Document, Gap
from avidity_loaders.proof.quotes import Located
from avidity_loaders.vocabulary import Vocabulary

_RESPONSES = ("complete-response", "partial-response", "stable-disease", "progressive-disease", "not-evaluable")


def left_open(claims: StudyClaims, vocabulary: Vocabulary) -> Iterator[Found]:
    """Facts of one study that the source states in part."""
    yield from _responders_without_genotype(claims)
    yield from _agents_not_named(claims, vocabulary)
    yield from _fractions(claims)
    yield from _responses_not_reported(claims)


def _responders_without_genotype(claims: StudyClaims) -> Iterator[Found]:
    content = claims.content
    counted = [(i, f) for i, f in enumerate(content.findings) if f.measure == "uptake-restored" and f.count]
    for i, whole in counted:
        cohort = next(c for c in content.cohorts if c.slug == whole.cohort)
        genotypes = [m for m in cohort.members if m.alteration]
        if not genotypes or cohort.alteration:
            continue
        parts = [(j, f) for j, f in counted if _is_part(claims, f.cohort, cohort.slug)]
        known = sum(f.count or 0 for _, f in parts)
        missing = (whole.count or 0) - known
        if missing <= 0:
            continue
        sides = (
            claims.side("text", f"{whole.count} with restored uptake", "findings", i),
            *(claims.side("text", f"{f.count} of {f.cohort}", "findings", j) for j, f in parts),
        )
        label = f"{content.study.label}: the genotype of {missing} of {whole.count} with restored uptake is not given"
        shown = (
            "the count of the whole cohort, as mixed evidence for each genotype; no count for the genotypes not told"
        )
        yield Found(
            "genotype-of-responders", f"{whole.cohort}-genotype-of-responders", label, "underspecified",
            "major", sides, shown, content.slug,
        )  # fmt: skip


def _is_part(claims: StudyClaims, slug: str, whole: str) -> bool:
    cohort = next(c for c in claims.content.cohorts if c.slug == slug)
    return cohort.part_of == whole and cohort.alteration is not None


def _agents_not_named(claims: StudyClaims, vocabulary: Vocabulary) -> Iterator[Found]:
    unnamed = [
        (i, regimen)
        for i, regimen in enumerate(claims.content.regimens)
        if any(part.mechanism for part in regimen.components)
    ]
    if not unnamed:
        return
    sides = []
    for i, regimen in unnamed:
        what = " and ".join(
            vocabulary.label("mechanism", part.mechanism) for part in regimen.components if part.mechanism
        )
        sides.append(claims.side(regimen.witness, f"{what}, agent not named", "regimens", i))
    label = f"{claims.content.study.label}: an agent is not named, only its mechanism"
    yield Found(
        "agent-not-named", "agent-not-named", label, "underspecified", "minor", tuple(sides),
        "the mechanism; no agent is credited with the result", claims.content.slug,
    )  # fmt: skip


def _fractions(claims: StudyClaims) -> Iterator[Found]:
    for i, finding in enumerate(claims.content.findings):
        if finding.fraction is None or finding.denominator is not None:
            continue
        side = claims.side(finding.witness, finding.fraction, "findings", i)
        numbers = [
            claims.side("text", f"{number} {name}", "cohorts", j)
            for j, cohort in enumerate(claims.content.cohorts)
            if cohort.slug == finding.cohort or cohort.part_of == finding.cohort
            for name in ("enrolled", "evaluated")
            if (number := getattr(cohort, name)) is not None
        ]
        label = f"{claims.content.study.label}: {finding.fraction} of how many patients is not said"
        yield Found(
            "fraction-of-what", f"{finding.cohort}-{finding.measure}-fraction", label, "underspecified", "major",
            (side, *numbers), "the words of the source, without a count", claims.content.slug,
        )  # fmt: skip


def _responses_not_reported(claims: StudyClaims) -> Iterator[Found]:
    """Patients of the denominator who are in none of the response categories that the source counts."""
    groups: dict[str, list[tuple[int, Finding]]] = {}
    for i, finding in enumerate(claims.content.findings):
        if finding.measure in _RESPONSES and finding.count is not None and finding.denominator is not None:
            groups.setdefault(finding.cohort, []).append((i, finding))
    for cohort, group in groups.items():
        counted, whole = sum(f.count or 0 for _, f in group), max(f.denominator or 0 for _, f in group)
        repeated = len({f.measure for _, f in group}) < len(group)
        if counted >= whole or repeated:
            continue
        sides = tuple(
            claims.side(f.witness, f"{f.count} of {f.denominator}: {f.measure.replace('-', ' ')}", "findings", i)
            for i, f in group
        )
        label = f"{claims.content.study.label}: the response of {whole - counted} of {whole} patients is not given"
        yield Found(
            "response-not-given", f"{cohort}-responses", label, "underspecified", "minor", sides,
            "the counts that are printed; the rest are not counted as any response", claims.content.slug,
        )  # fmt: skip


def _showing(document: Document, gap: Gap) -> tuple[Located, ...]:
    """The sentence that shows the gap; of a missing list of references, the one that cites its last work."""
    span = gap.span
    if span is None:
        last = max(document.markers, key=lambda marker: max(marker.numbers), default=None)
        span = None if last is None else last.span
    if span is None:
        return ()
    sentence = document.sentence_at(span.start)
    if sentence is not None and sentence.span.holds(span):
        span = sentence.span
    return (Located(span.start, span.end, document.slice(span)),)


def missing_parts(document: Document, studies: list[StudyClaims]) -> Iterator[Found]:
    """What the file lacks, by what it says itself: tables, references, rows, works never cited."""
    for gap in document.gaps:
        found = _showing(document, gap)
        yield Found(
            "part-missing", gap.kind, gap.what, "missing", "major", (Side("text", gap.what, found),),
            "nothing; a question whose answer would stand there is told that the source does not include it",
        )  # fmt: skip
    truncated = any(gap.kind == "truncated-row" for gap in document.gaps)
    last_row = max((c.content.study.reference for c in studies if c.content.study.table is not None), default=0)
    for claims in studies:
        if claims.content.study.table is None and claims.content.regimens:
            study = claims.content.study
            side = claims.side("text", f"{study.label} [{study.reference}]", "study")
            cut_off = truncated and study.reference > last_row
            label = (
                f"{study.label}: the table breaks off before a row could stand"
                if cut_off
                else f"{study.label} has no row in the table"
            )
            yield Found(
                "no-table-row", "no-table-row", label, "missing", "minor", (side,), "what the text says, alone",
                claims.content.slug,
            )  # fmt: skip
    cited = {number for marker in document.markers for number in marker.numbers}
    for number in sorted(set(range(1, max(cited, default=0) + 1)) - cited):
        around = [m for m in document.markers if number - 1 in m.numbers or number + 1 in m.numbers]
        quotes = tuple(Located(m.span.start, m.span.end, document.slice(m.span)) for m in around)
        label = f"Reference {number} is not cited in the part that the file holds"
        yield Found(
            "reference-not-cited", f"reference-{number}", label, "missing", "minor",
            (Side("text", f"the works around {number} are cited, {number} is not", quotes),), "nothing",
        )  # fmt: skip
