"""The build: read, prove, convert, infer, check, write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from avidity_loaders.bibliography import read_bibliography
from avidity_loaders.checks import check_dataset
from avidity_loaders.claims import read_claims
from avidity_loaders.convert import convert
from avidity_loaders.document import read_document, read_profile
from avidity_loaders.infer import infer
from avidity_loaders.inputs import Inputs
from avidity_loaders.packing import release_content
from avidity_loaders.proof import prove
from avidity_loaders.questions import read_collection_queries, read_questions
from avidity_loaders.release import ReleaseContent, write_release
from avidity_loaders.vocabulary import read_vocabulary

Say = Callable[[str], None]


def quietly(line: str) -> None:
    """Say nothing."""


def build(inputs: Inputs, out: Path, say: Say = quietly) -> ReleaseContent:
    """Make the release and put it at `out`; on any error the release that is there stays as it is.

    Raises:
        LoaderError: with every problem that the failing step found.
    """
    release = make(inputs, say)
    write_release(release, out)
    say(f"written   release {release.id} → {out}")
    return release


def make(inputs: Inputs, say: Say = quietly) -> ReleaseContent:
    """The release as bytes, without writing anything."""
    profile = read_profile(inputs.seeds / "review" / "profile.yaml")
    document = read_document(inputs.seeds / "review" / profile.file, profile)
    record = read_bibliography(inputs.seeds / "review" / "bibliography.yaml")
    vocabulary = read_vocabulary(inputs.ontology / "vocabulary")
    claims = read_claims(inputs.seeds / "claims")
    questions = read_questions(inputs.queries)
    collections = read_collection_queries(inputs.queries / "collections")
    say(f"read      {len(document.sentences)} sentences, {len(claims)} studies, {len(questions)} questions")

    proofs = prove(claims, document, vocabulary)
    facts = sum(proof.facts for proof in proofs)
    say(f"proven    {facts} numbers and names in {sum(len(q) for p in proofs for q in p.quotes.values())} quotes")

    stated = convert(inputs.ontology, document, record, proofs, vocabulary, questions, collections)
    say(f"converted {len(stated)} quads")

    derived = infer(stated, inputs.ontology / "rules")
    say(f"inferred  {len(derived)} quads")

    report = check_dataset([*stated, *derived], inputs.ontology)
    say(f"checked   {report.summary}")
    return release_content([*stated, *derived], inputs, document, facts, report)
