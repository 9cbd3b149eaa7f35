"""`avidity check`: each check on its own, so that a curator can run the one that matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyoxigraph as ox

from avidity_loaders.assembling import account_for, assemble, read_proven, read_source
from avidity_loaders.checks import check_shapes, run_check
from avidity_loaders.errors import ClaimsError, LoaderError, OntologyError, Problem, ReleaseError
from avidity_loaders.inputs import Inputs
from avidity_loaders.mappings import convert_mappings
from avidity_loaders.queryfile import read_query_file
from avidity_loaders.questions import read_questions
from avidity_loaders.reasoner import judge
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
    """Every mapping has a known subject, prefix and predicate."""
    quads = convert_mappings(inputs.ontology / "mappings", read_vocabulary(inputs.ontology / "vocabulary"))
    return f"{sum('Match' in quad.predicate.value for quad in quads)} links"


def check_queries(inputs: Inputs) -> str:
    """The queries of ontology/checks find nothing."""
    store, paths = _store(inputs), sorted((inputs.ontology / "checks").glob("*.rq"))
    problems = [problem for path in paths for problem in run_check(store, read_query_file(path))]
    if problems:
        raise ReleaseError(problems)
    return f"{len(paths)} queries found nothing"


def check_shacl(inputs: Inputs) -> str:
    """Every thing carries what its shape asks for."""
    shapes, things, problems = check_shapes(_store(inputs), inputs.ontology / "shapes.ttl")
    if problems:
        raise ReleaseError(problems)
    return f"{shapes} shapes hold for {things} things"


def check_consistency(inputs: Inputs) -> str:
    """HermiT finds the ontology consistent and gives the same classes to agents as the build did."""
    assembled = assemble(inputs)
    verdict = judge(assembled.stated, assembled.derived)
    if verdict is None:
        return "skipped: no Java here (HermiT needs it)"
    if verdict.problems:
        raise OntologyError([Problem(problem) for problem in verdict.problems])
    return f"consistent; {verdict.agents} agents have the same classes by HermiT and by the build"


Check = Callable[[Inputs], str]
CHECKS: dict[str, Check] = {
    "source": check_source,
    "quotes": check_quotes,
    "coverage": check_coverage,
    "questions": check_questions,
    "mappings": check_mappings,
    "checks": check_queries,
    "shapes": check_shacl,
    "consistency": check_consistency,
}
