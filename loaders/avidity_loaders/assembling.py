"""From the input folders to the dataset, stated and derived: what the build writes and the checks look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyoxigraph as ox

from avidity_loaders.bibliography import read_bibliography
from avidity_loaders.claims import read_claims
from avidity_loaders.convert import convert
from avidity_loaders.coverage import Account, account, read_ledger
from avidity_loaders.derive import derive
from avidity_loaders.document import Document, read_document, read_profile
from avidity_loaders.errors import ClaimsError
from avidity_loaders.infer import infer
from avidity_loaders.inputs import Inputs
from avidity_loaders.names import thing
from avidity_loaders.proof import Proof, prove
from avidity_loaders.questions import read_collection_queries, read_questions
from avidity_loaders.vocabulary import Vocabulary, read_vocabulary

Say = Callable[[str], None]


def quietly(line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Proven:
    """The claims, each proven by its quotes, beside the source and the vocabulary that they were held against."""

    document: Document
    vocabulary: Vocabulary
    proofs: list[Proof]

    @property
    def facts(self) -> int:
        """How many numbers and names the quotes prove."""
        return sum(proof.facts for proof in self.proofs)

    @property
    def quotes(self) -> int:
        """How many quotes prove them."""
        return sum(len(found) for proof in self.proofs for found in proof.quotes.values())


@dataclass(frozen=True, slots=True)
class Assembled:
    """The dataset and the accounting of the source that it was made from."""

    proven: Proven
    account: Account
    stated: list[ox.Quad]
    derived: list[ox.Quad]

    @property
    def quads(self) -> list[ox.Quad]:
        """All of them."""
        return [*self.stated, *self.derived]


def read_source(inputs: Inputs) -> Document:
    """The review, as its profile lays it out."""
    profile = read_profile(inputs.seeds / "review" / "profile.yaml")
    return read_document(inputs.seeds / "review" / profile.file, profile)


def read_proven(inputs: Inputs) -> Proven:
    """The claims with their proof.

    Raises:
        LoaderError: with every problem of source, vocabulary or claims.
    """
    document, vocabulary = read_source(inputs), read_vocabulary(inputs.ontology / "vocabulary")
    return Proven(document, vocabulary, prove(read_claims(inputs.seeds / "claims"), document, vocabulary))


def account_for(inputs: Inputs, proven: Proven) -> Account:
    """Which words and numbers of the source the claims account for.

    Raises:
        ClaimsError: if the ledger does not fit.
    """
    ledger = read_ledger(inputs.seeds / "review" / "without-facts.yaml", proven.document, proven.proofs)
    return account(proven.document, proven.proofs, ledger, proven.vocabulary)


def assemble(inputs: Inputs, say: Say = quietly) -> Assembled:
    """Read, prove, account, convert, derive, infer.

    Raises:
        LoaderError: with every problem that the failing step found.
    """
    proven = read_proven(inputs)
    record = read_bibliography(inputs.seeds / "review" / "bibliography.yaml")
    questions = read_questions(inputs.queries)
    collections = read_collection_queries(inputs.queries / "collections")
    say(f"read      {len(proven.document.sentences)} sentences, {len(proven.proofs)} files, {len(questions)} questions")
    say(f"proven    {proven.facts} numbers and names in {proven.quotes} quotes")

    accounted = account_for(inputs, proven)
    if accounted.problems:
        raise ClaimsError(accounted.problems)
    say(accounted.summary)

    stated = convert(inputs.ontology, proven.document, record, proven.proofs, proven.vocabulary, questions, collections)
    say(f"converted {len(stated)} quads")

    said = {(quad.subject, quad.predicate, quad.object) for quad in stated}
    source = thing("source", record.slug)
    derived = [
        quad
        for quad in derive(proven.proofs, proven.document, source, proven.vocabulary)
        if (quad.subject, quad.predicate, quad.object) not in said
    ]
    derived += infer([*stated, *derived], inputs.ontology / "rules")
    say(f"derived   {len(derived)} quads")
    return Assembled(proven, accounted, stated, derived)
