"""`avidity check`: each check on its own, so that a curator can run the one that matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyoxigraph as ox

from avidity_loaders.assembling import account_for, assemble, read_proven, read_source
from avidity_loaders.checks import check_shapes, read_levels, run_all_checks
from avidity_loaders.errors import ClaimsError, LoaderError, OntologyError, Problem, ReleaseError
from avidity_loaders.inputs import Inputs
from avidity_loaders.mappings import convert_mappings, linked, read_mapping_sets
from avidity_loaders.pellet import second_opinion
from avidity_loaders.questions import read_questions
from avidity_loaders.reasoner import judge
from avidity_loaders.released import gone, read_released
from avidity_loaders.vocabulary import read_vocabulary


def run_checks(inputs: Inputs, only: str | None = None) -> Iterator[tuple[str, str | LoaderError]]:
    """Each check's name with its result in words, or the error that it found."""
    for name, check in CHECKS.items():
        if only in (None, name):
            try:
                yield name, check(inputs)
            except LoaderError as error:
                yield name, error


def _store(inputs: Inputs) -> ox.Store:
    store = ox.Store()
    store.extend(assemble(inputs).quads)
    return store


def check_source(inputs: Inputs) -> str:
    """The source parses, and every character that is not white space belongs to a sentence."""
    document = read_source(inputs)
    covered = sum(sentence.span.end - sentence.span.start for sentence in document.sentences)
    missing = document.uncovered()
    if missing:
        raise ReleaseError(f"{len(missing)} characters belong to no sentence, the first at {missing[0]}")
    return f"{len(document.sentences)} sentences hold {covered} characters; missing parts: {len(document.gaps)}"


def check_quotes(inputs: Inputs) -> str:
    """Every quote stands in the source, and every number and name of a fact in its quotes."""
    proven = read_proven(inputs)
    return f"{proven.facts} numbers and names proven by {proven.quotes} quotes in {len(proven.proofs)} files"


def check_coverage(inputs: Inputs) -> str:
    """Every word of the source is cited by a fact or listed with a reason, and every number stated by a fact."""
    accounted = account_for(inputs, read_proven(inputs))
    if accounted.problems:
        raise ClaimsError(accounted.problems)
    return accounted.table


def check_questions(inputs: Inputs) -> str:
    """Every question parses, projects its parameters and its proof."""
    return f"{len(read_questions(inputs.queries))} questions"


def check_mappings(inputs: Inputs) -> str:
    """Every link has a known subject, an honest id and a source; every thing has one or says that there is none."""
    vocabulary = read_vocabulary(inputs.ontology / "vocabulary")
    convert_mappings(inputs.ontology, vocabulary)
    sets = read_mapping_sets(inputs.ontology / "mappings")
    counts = linked(sets, vocabulary)
    shares = ", ".join(f"{kind} {found}/{of}" for kind, (found, of) in counts.items())
    links = sum(row.is_match for each in sets for row in each.mappings)
    return f"{links} links in {len(sets)} sets; {shares}"


def check_queries(inputs: Inputs) -> str:
    """The queries of ontology/checks find nothing of level ERROR."""
    folder = inputs.ontology / "checks"
    found = run_all_checks(_store(inputs), folder)
    if found["ERROR"]:
        raise ReleaseError(found["ERROR"])
    warnings = "".join(f"\n{problem}" for problem in found["WARN"])
    return f"{len(read_levels(folder))} queries found 0 errors, {len(found['WARN'])} warnings{warnings}"


def check_released(inputs: Inputs) -> str:
    """No IRI of a released version is gone."""
    folder = inputs.ontology / "released"
    problems = gone(assemble(inputs).quads, folder)
    if problems:
        raise ReleaseError(problems)
    return f"{len(read_released(folder))} released names are all there"


def check_shacl(inputs: Inputs) -> str:
    """Every thing carries what its shape asks for."""
    shapes, things, problems = check_shapes(_store(inputs), inputs.ontology / "shapes.ttl")
    if problems:
        raise ReleaseError(problems)
    return f"{shapes} shapes hold for {things} things"


def check_consistency(inputs: Inputs) -> str:
    """HermiT finds everything consistent, no class empty, and gives each thing the classes that the build gave it."""
    assembled = assemble(inputs)
    verdict = judge(assembled.stated, assembled.derived)
    if verdict is None:
        return "skipped: no Java here (HermiT needs it)"
    if verdict.problems:
        raise OntologyError([Problem(problem) for problem in verdict.problems])
    agreed = f"{verdict.things} things have the same of {verdict.classes} classes by HermiT and by the build"
    return f"consistent; {agreed}"


def check_profile(inputs: Inputs) -> str:
    """The OWL API finds ontology and dataset in OWL 2 DL, and Pellet finds them consistent."""
    opinion = second_opinion(assemble(inputs).stated)
    if opinion is None:
        return "skipped: no Java here (the OWL API needs it)"
    if opinion.inconsistency:
        raise OntologyError([Problem(f"Pellet finds the dataset inconsistent:\n{opinion.inconsistency}")])
    if opinion.profile not in DL_PROFILES:
        cure = "the usual reasons are looked for by ontology/checks/owl-*.rq (avidity check --only checks)"
        raise OntologyError([Problem(f"the ontology is {opinion.profile}, not OWL 2 DL", cure=cure)])
    return f"{opinion.profile}, {opinion.expressivity}, {opinion.axioms} axioms; Pellet finds them consistent"


# What the OWL API calls an ontology that OWL 2 DL reasoners can take; the narrower profiles are within it.
DL_PROFILES = ("OWL 2 DL", "OWL 2 EL", "OWL 2 QL", "OWL 2 RL")


Check = Callable[[Inputs], str]
CHECKS: dict[str, Check] = {
    "source": check_source,
    "quotes": check_quotes,
    "coverage": check_coverage,
    "questions": check_questions,
    "mappings": check_mappings,
    "checks": check_queries,
    "released": check_released,
    "shapes": check_shacl,
    "profile": check_profile,
    "consistency": check_consistency,
}
