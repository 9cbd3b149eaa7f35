"""`avidity check`: each check on its own, so that a curator can run the one that matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyoxigraph as ox

from avidity_loaders.bibliography import read_bibliography
from avidity_loaders.checks import check_shapes, run_check
from avidity_loaders.claims import read_claims
from avidity_loaders.convert import convert
from avidity_loaders.document import Document, read_document, read_profile
from avidity_loaders.errors import LoaderError, OntologyError, Problem, ReleaseError
from avidity_loaders.infer import infer
from avidity_loaders.inputs import Inputs
from avidity_loaders.mappings import convert_mappings
from avidity_loaders.proof import prove
from avidity_loaders.queryfile import read_query_file
from avidity_loaders.questions import read_collection_queries, read_questions
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


def _document(inputs: Inputs) -> Document:
    profile = read_profile(inputs.seeds / "review" / "profile.yaml")
    return read_document(inputs.seeds / "review" / profile.file, profile)


def _dataset(inputs: Inputs) -> tuple[list[ox.Quad], list[ox.Quad]]:
    document, vocabulary = _document(inputs), read_vocabulary(inputs.ontology / "vocabulary")
    proofs = prove(read_claims(inputs.seeds / "claims"), document, vocabulary)
    record = read_bibliography(inputs.seeds / "review" / "bibliography.yaml")
    questions = read_questions(inputs.queries)
    collections = read_collection_queries(inputs.queries / "collections")
    stated = convert(inputs.ontology, document, record, proofs, vocabulary, questions, collections)
    return stated, infer(stated, inputs.ontology / "rules")


def _store(inputs: Inputs) -> ox.Store:
    stated, derived = _dataset(inputs)
    store = ox.Store()
    store.extend([*stated, *derived])
    return store


def check_source(inputs: Inputs) -> str:
    """The source parses, and every character that is not white space belongs to a sentence."""
    document = _document(inputs)
    covered = sum(sentence.span.end - sentence.span.start for sentence in document.sentences)
    missing = document.uncovered()
    if missing:
        raise ReleaseError(f"{len(missing)} characters belong to no sentence, the first at {missing[0]}")
    return f"{len(document.sentences)} sentences hold {covered} characters; missing parts: {len(document.gaps)}"


def check_quotes(inputs: Inputs) -> str:
    """Every quote stands in the source, and every number and name of a fact in its quotes."""
    vocabulary = read_vocabulary(inputs.ontology / "vocabulary")
    proofs = prove(read_claims(inputs.seeds / "claims"), _document(inputs), vocabulary)
    quotes = sum(len(found) for proof in proofs for found in proof.quotes.values())
    return (
        f"{sum(proof.facts for proof in proofs)} numbers and names proven by {quotes} quotes in {len(proofs)} studies"
    )


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
    stated, derived = _dataset(inputs)
    verdict = judge(stated, derived)
    if verdict is None:
        return "skipped: no Java here (HermiT needs it)"
    if verdict.problems:
        raise OntologyError([Problem(problem) for problem in verdict.problems])
    return f"consistent; {verdict.agents} agents have the same classes by HermiT and by the build"


Check = Callable[[Inputs], str]
CHECKS: dict[str, Check] = {
    "source": check_source,
    "quotes": check_quotes,
    "questions": check_questions,
    "mappings": check_mappings,
    "checks": check_queries,
    "shapes": check_shacl,
    "consistency": check_consistency,
}
