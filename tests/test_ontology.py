"""The ontology: what is inferred, that an independent reasoner agrees, and that every check and shape bites."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_loaders.assembling import assemble
from avidity_loaders.checking import CHECKS, check_consistency
from avidity_loaders.checks import check_shapes, run_check
from avidity_loaders.derive import derive
from avidity_loaders.errors import OntologyError
from avidity_loaders.infer import infer, read_rules
from avidity_loaders.inputs import Inputs
from avidity_loaders.mappings import convert_mappings
from avidity_loaders.names import AV, BASE, RDF_TYPE
from avidity_loaders.queryfile import read_query_file
from avidity_loaders.reasoner import judge
from avidity_loaders.vocabulary import Vocabulary

A = ox.NamedNode(RDF_TYPE)


def av(name: str) -> ox.NamedNode:
    return ox.NamedNode(AV + name)


def thing(path: str) -> ox.NamedNode:
    return ox.NamedNode(BASE + path)


CLASSES = {
    "MEKInhibitor": {"selumetinib", "trametinib", "cobimetinib"},
    "BRAFInhibitor": {"dabrafenib", "vemurafenib"},
    "RETInhibitor": {"selpercatinib", "pralsetinib"},
    "TRKInhibitor": {"larotrectinib"},
    "ALKInhibitor": set(),
    "MAPKPathwayInhibitor": {"selumetinib", "trametinib", "cobimetinib", "dabrafenib", "vemurafenib"},
    "KinaseInhibitor": {"selumetinib", "trametinib", "cobimetinib", "dabrafenib", "vemurafenib", "selpercatinib", "pralsetinib", "larotrectinib"},
}  # fmt: skip


@pytest.mark.parametrize(("name", "agents"), CLASSES.items())
def test_agents_are_classified_by_mechanism(name: str, agents: set[str], store: ox.Store) -> None:
    found = {
        str(quad.subject.value).rsplit("/", 1)[-1]
        for quad in store.quads_for_pattern(None, A, av(name), None)
        if isinstance(quad.subject, ox.NamedNode)
    }
    assert found == agents


def test_types_are_inferred_and_not_stated(store: ox.Store) -> None:
    graphs = {
        quad.graph_name for quad in store.quads_for_pattern(thing("agent/selumetinib"), A, av("MEKInhibitor"), None)
    }
    assert graphs == {thing("graph/derived")}


def test_hermit_agrees(inputs: Inputs, need: Callable[[str], str]) -> None:
    need("java")
    assert check_consistency(inputs) == "consistent; 14 agents have the same classes by HermiT and by the build"


def test_hermit_disagrees_when_the_build_is_wrong(store: ox.Store, need: Callable[[str], str]) -> None:
    need("java")
    wrong = ox.Quad(thing("agent/selumetinib"), A, av("RETInhibitor"), thing("graph/derived"))
    verdict = judge(store, [*store.quads_for_pattern(None, A, None, thing("graph/derived")), wrong])
    assert verdict is not None
    [problem] = verdict.problems
    assert "selumetinib" in problem
    assert "RETInhibitor" in problem


@pytest.mark.parametrize(
    ("finding", "alteration", "tier"),
    [
        ("ho-2013/nras/uptake-restored", "nras-mutation", "exact"),
        ("ho-2013/nras/uptake-restored", "ras-mutation", "exact"),
        ("burman/ras/threshold-met", "nras-mutation", "pooled"),
        ("burman/braf/threshold-met", "braf-v600e", "pooled"),
        ("burman/braf/threshold-met", "ras-wild-type", "exact"),
        ("jaber-2018/all/uptake-restored", "nras-mutation", "mixed"),
        ("ho-2013/radioiodine/partial-response", "braf-v600e", "mixed"),
        ("ho-2013/evaluated/uptake-restored", "nras-mutation", None),  # broken down: 5 of 5
        ("ho-2013/nras/uptake-restored", "braf-mutation", None),
        ("iravani-2019/nras/uptake-restored", "braf-v600e", None),
        ("weber-2022/braf-wild-type/uptake-restored", "braf-mutation", None),
        ("toro-tobon-2024/all/uptake-restored", "nras-mutation", None),  # told apart for RAS
        ("lee-2021/all/uptake-restored", "ccdc6-ret-fusion", "mixed"),
    ],
)
def test_tiers(finding: str, alteration: str, tier: str | None, store: ox.Store) -> None:
    evidence = {q.subject for q in store.quads_for_pattern(None, av("onFinding"), thing("finding/" + finding), None)}
    assert any(True for _ in store.quads_for_pattern(thing("finding/" + finding), None, None, None))
    about = {
        q.subject for q in store.quads_for_pattern(None, av("aboutAlteration"), thing("alteration/" + alteration), None)
    }
    found = [
        q.object.value
        for node in evidence & about
        for q in store.quads_for_pattern(node, av("tier"), None, None)
        if isinstance(q.object, ox.Literal)
    ]
    assert found == ([tier] if tier else [])


def test_every_term_of_the_ontology_has_label_and_definition(store: ox.Store, inputs: Inputs) -> None:
    assert run_check(store, read_query_file(inputs.ontology / "checks" / "term-without-definition.rq")) == []
    terms = {
        q.subject
        for q in store.quads_for_pattern(None, A, None, thing("graph/ontology"))
        if isinstance(q.subject, ox.NamedNode) and q.subject.value.startswith(AV)
    }
    assert len(terms) > 120


def with_quads(store: ox.Store, *added: ox.Quad) -> ox.Store:
    broken = ox.Store()
    broken.extend(store)
    broken.extend(added)
    return broken


def quad(subject: str, predicate: str, value: ox.NamedNode | ox.Literal, graph: str = "study/ho-2013") -> ox.Quad:
    property_ = A if predicate == "a" else av(predicate)
    return ox.Quad(
        thing(subject) if not subject.startswith("http") else ox.NamedNode(subject),
        property_,
        value,
        thing("graph/" + graph),
    )


def integer(value: int) -> ox.Literal:
    return ox.Literal(str(value), datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer"))


OWL_CLASS = ox.NamedNode("http://www.w3.org/2002/07/owl#Class")
FAULTS: dict[str, list[ox.Quad]] = {
    "term-without-definition": [quad(AV + "Bare", "a", OWL_CLASS, "ontology")],
    "undeclared-term": [quad("agent/selumetinib", "hasMecanism", thing("mechanism/mek-inhibition"))],
    "dangling-thing": [quad("finding/ho-2013/nras/uptake-restored", "ofCohort", thing("cohort/ho-2013/nobody"))],
    "typed-by-hand": [quad("agent/dabrafenib", "a", av("MEKInhibitor"), "vocabulary")],
    "broader-than-itself": [quad("alteration/ras-mutation", "withinAlteration", thing("alteration/ras-mutation"))],
    "part-larger-than-whole": [quad("cohort/ho-2013/nras", "treated", integer(25)), quad("cohort/ho-2013/nras", "partOfCohort", thing("cohort/ho-2013/all"))],
    "denominator-larger-than-cohort": [quad("finding/ho-2013/nras/x", "ofCohort", thing("cohort/ho-2013/nras")), quad("finding/ho-2013/nras/x", "denominator", integer(24))],
    "members-more-than-cohort": [quad("cohort/ho-2013/evaluated", "hasMembers", thing("composition/x")), quad("composition/x", "withAlteration", thing("alteration/ras-mutation")), quad("composition/x", "memberCount", integer(9))],
    "responses-more-than-patients": [q for p, v in (("ofCohort", thing("cohort/weber-2022/responders")), ("measure", thing("measure/complete-response")), ("count", integer(2)), ("denominator", integer(7)), ("timepoint", ox.Literal("One-year follow-up"))) for q in [quad("finding/weber-2022/x", p, v)]],
    "derived-among-findings": [quad("derived-finding/toro-tobon-2024/all/uptake-restored", "count", integer(19), "derived")],
    "two-sides": [quad("discrepancy/x/y", "a", av("Discrepancy")), quad("discrepancy/x/y", "discrepancyKind", ox.Literal("text-table")), quad("discrepancy/x/y", "hasSide", thing("discrepancy-side/rothenberg-2015/dabrafenib-frequency/1"))],
    "ledger-out-of-order": [quad("cohort/dunn-2019/completed", "enrolled", integer(9))],
    "responses-unaccounted": [q for p, v in (("ofCohort", thing("cohort/burman/braf")), ("measure", thing("measure/stable-disease")), ("count", integer(1)), ("denominator", integer(4))) for q in [quad("finding/burman/braf/x", p, v)]],
    "finding-without-regimen-in-trial": [quad("finding/x/y/z", "a", av("UptakeFinding"))],
}  # fmt: skip


def test_there_is_a_fault_for_every_check(inputs: Inputs) -> None:
    assert {path.stem for path in (inputs.ontology / "checks").glob("*.rq")} == set(FAULTS)


@pytest.mark.parametrize(("name", "added"), FAULTS.items())
def test_every_check_bites(name: str, added: list[ox.Quad], store: ox.Store, inputs: Inputs) -> None:
    check = read_query_file(inputs.ontology / "checks" / f"{name}.rq")
    assert run_check(store, check) == []
    problems = run_check(with_quads(store, *added), check)
    assert problems
    assert problems[0].cure


SHAPE_FAULTS = [
    ("finding/ho-2013/nras/uptake-restored", "count", integer(6), "does not exceed its denominator"),
    ("finding/ho-2013/nras/uptake-restored", "measure", thing("measure/threshold-met"), "exactly one measure"),
    ("finding/ho-2013/nras/uptake-restored", "basis", ox.Literal("guessed"), "stated or derived"),
    ("finding/ho-2013/all/pain-grade-3", "grade", integer(6), "grade is from 1 to 5"),
    ("genotype-evidence/ho-2013/nras/uptake-restored/nras-mutation", "tier", ox.Literal("pooled"), "exactly one tier"),
    ("agent/newdrug", "a", av("Agent"), "an agent needs av:hasMechanism"),
    ("passage/jcm13237021/11315-11404", "startOffset", integer(99_999), "a passage needs its start"),
    ("regimen/ho-2013/selumetinib", "witness", ox.Literal("hearsay"), "text or table"),
    ("statement/dunn-2019/promotes-redifferentiation", "hedge", ox.Literal("proves"), "how sure the source is"),
    ("discrepancy/rothenberg-2015/dabrafenib-frequency", "severity", ox.Literal("fatal"), "major or minor"),
    (
        "derived-finding/toro-tobon-2024/all/uptake-restored",
        "derivedCount",
        integer(34),
        "does not exceed its denominator",
    ),
    ("case/figure-1", "ageInYears", integer(130), "a case has one age"),
    (
        "criterion/sacks-braunstein/fdg-positive",
        "ofDefinition",
        thing("definition/schlumberger"),
        "exactly one definition",
    ),
]


@pytest.mark.parametrize(("subject", "predicate", "value", "message"), SHAPE_FAULTS)
def test_shapes_bite(
    subject: str, predicate: str, value: ox.NamedNode | ox.Literal, message: str, store: ox.Store, inputs: Inputs
) -> None:
    assert any(True for _ in store.quads_for_pattern(thing(subject), None, None, None)) or subject == "agent/newdrug"
    _, _, problems = check_shapes(with_quads(store, quad(subject, predicate, value)), inputs.ontology / "shapes.ttl")
    assert any(message in problem.what and subject in problem.what for problem in problems), problems


def test_inference_is_the_same_whatever_the_order(store: ox.Store, inputs: Inputs) -> None:
    assembled = assemble(inputs)
    proven = assembled.proven
    computed = set(derive(proven.proofs, proven.document, thing("source/jcm13237021"), proven.vocabulary))
    computed &= set(assembled.derived)
    base = [*assembled.stated, *computed]
    once = set(infer(base, inputs.ontology / "rules"))
    again = set(infer(reversed(base), inputs.ontology / "rules"))
    assert once == again
    assert once | computed == set(store.quads_for_pattern(None, None, None, thing("graph/derived")))


def rule(folder: Path, name: str, header: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.rq").write_text(f"#+ {header}\nCONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}\n")


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (["after: [nobody]"], "names no rule"),
        (["after: [r1]", "after: [r0]"], "wait for each other"),
        (["after: ["], "not YAML"),
    ],
)
def test_rules_that_do_not_fit(headers: list[str], words: str, tmp_path: Path) -> None:
    for i, header in enumerate(headers):
        rule(tmp_path / "rules", f"r{i}", header)
    with pytest.raises(OntologyError, match=words):
        read_rules(tmp_path / "rules")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("avidity:agent/nobody\tx\tskos:exactMatch\tNCIT:C1\tx\tsemapv:ManualMappingCuration\t1", "unknown subject"),
        (
            "avidity:agent/selumetinib\tx\tskos:sameMatch\tNCIT:C1\tx\tsemapv:ManualMappingCuration\t1",
            "unknown predicate",
        ),
        ("avidity:agent/selumetinib\tx\tskos:exactMatch\tXYZ:C1\tx\tsemapv:ManualMappingCuration\t1", "curie_map"),
    ],
)
def test_mappings_that_do_not_fit(row: str, words: str, inputs: Inputs, vocabulary: Vocabulary, tmp_path: Path) -> None:
    text = (inputs.ontology / "mappings" / "avidity.sssom.tsv").read_text(encoding="utf-8")
    (tmp_path / "x.sssom.tsv").write_text(text + row + "\n", encoding="utf-8")
    with pytest.raises(OntologyError, match=words) as error:
        convert_mappings(tmp_path, vocabulary)
    [problem] = error.value.problems
    assert problem.line == len(text.splitlines()) + 1


def test_checks_have_names_that_users_type() -> None:
    names: Iterable[str] = CHECKS
    assert list(names) == ["source", "quotes", "coverage", "questions", "mappings", "checks", "shapes", "consistency"]
