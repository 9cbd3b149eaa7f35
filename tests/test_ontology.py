"""The ontology: what is inferred, that an independent reasoner agrees, and that every check and shape bites."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_loaders.assembling import assemble
from avidity_loaders.checking import CHECKS, DL_PROFILES, check_consistency, check_profile
from avidity_loaders.checks import read_levels, run_all_checks, run_check
from avidity_loaders.derive import derive
from avidity_loaders.errors import OntologyError
from avidity_loaders.infer import infer, read_rules
from avidity_loaders.inputs import Inputs
from avidity_loaders.names import AV, BASE, PREFIXES, RDF_TYPE
from avidity_loaders.pellet import second_opinion
from avidity_loaders.queryfile import read_query_file
from avidity_loaders.reasoner import judge

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
    "Radiopharmaceutical": {"iodine-131", "lutetium-177-dota-tate"},
    "BRAFAlteration": {"braf-mutation", "braf-v600e"},
    "RASAlteration": {"ras-mutation", "nras-mutation", "hras-mutation", "kras-mutation"},
    "RETAlteration": {"ret-alteration", "ret-mutation", "ret-rearrangement", "ccdc6-ret-fusion"},
    "NTRKAlteration": {"ntrk-fusion", "tpr-ntrk1-fusion", "eml4-ntrk3-fusion"},
    "KinaseFusion": {"ccdc6-ret-fusion", "ntrk-fusion", "tpr-ntrk1-fusion", "eml4-ntrk3-fusion"},
    "MAPKPathwayAlteration": {"braf-mutation", "braf-v600e", "ras-mutation", "nras-mutation", "hras-mutation", "kras-mutation"},
    "CaseSeries": {"lee-2021"},
    "DiagnosticStudy": {"li-2018"},
    "SequentialRegimen": set(),
    "KinaseInhibitor": {"selumetinib", "trametinib", "cobimetinib", "dabrafenib", "vemurafenib", "selpercatinib", "pralsetinib", "larotrectinib"},
}  # fmt: skip


@pytest.mark.parametrize(("name", "agents"), CLASSES.items())
def test_things_are_classified_by_what_is_said_of_them(name: str, agents: set[str], store: ox.Store) -> None:
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
    assert check_consistency(inputs) == (
        "consistent; 1108 things have the same of 95 classes by HermiT and by the build"
    )


def test_hermit_disagrees_when_the_build_is_wrong(store: ox.Store, need: Callable[[str], str]) -> None:
    need("java")
    wrong = ox.Quad(thing("agent/selumetinib"), A, av("RETInhibitor"), thing("graph/derived"))
    unfound = ox.Quad(thing("study/ho-2013"), A, av("ProspectiveTrial"), thing("graph/derived"))
    derived = [*store.quads_for_pattern(None, A, None, thing("graph/derived")), wrong]
    assert unfound in derived
    derived.remove(unfound)
    verdict = judge([q for q in store if q.graph_name != thing("graph/derived")], derived)
    assert verdict is not None
    agent, study = verdict.problems
    assert "agent/selumetinib: only HermiT says [], only the build" in agent
    assert "RETInhibitor" in agent
    assert "study/ho-2013: only HermiT says" in study
    assert "ProspectiveTrial" in study


def test_hermit_and_pellet_find_a_contradiction(store: ox.Store, need: Callable[[str], str]) -> None:
    need("java")
    wrong = quad("agent/selumetinib", "a", av("Study"))
    verdict, opinion = judge([*store, wrong], []), second_opinion([*store, wrong])
    assert verdict is not None
    assert verdict.problems == ("HermiT finds the ontology inconsistent with the dataset",)
    assert opinion is not None
    assert opinion.inconsistency is not None
    assert "selumetinib" in opinion.inconsistency


def test_a_class_that_can_have_no_member_is_found(store: ox.Store, need: Callable[[str], str]) -> None:
    need("java")
    empty = turtle("av:Nothing1 a owl:Class ; rdfs:subClassOf av:Agent , av:Study .")
    verdict = judge([*store.quads_for_pattern(None, None, None, thing("graph/ontology")), *empty], [])
    assert verdict is not None
    assert AV + "Nothing1 can have no member" in verdict.problems


def test_the_profile_is_owl_2_dl(inputs: Inputs, need: Callable[[str], str]) -> None:
    need("java")
    words = check_profile(inputs)
    assert words.startswith("OWL 2 DL, ")
    assert words.endswith("axioms; Pellet finds them consistent")


def test_what_is_not_owl_2_dl_is_found(store: ox.Store, need: Callable[[str], str]) -> None:
    need("java")
    opinion = second_opinion([*store, *FAULTS["owl-not-simple"]])
    assert opinion is not None
    assert opinion.profile not in DL_PROFILES


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


OWL, RDFS, RDF = (PREFIXES[name] for name in ("owl", "rdfs", "rdf"))
OWL_CLASS = ox.NamedNode(OWL + "Class")


def turtle(text: str, graph: str = "ontology") -> list[ox.Quad]:
    """Triples of a Turtle snippet in a graph of the dataset; `_:` nodes get names of their own."""
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
    return [
        ox.Quad(q.subject, q.predicate, q.object, thing("graph/" + graph))
        for q in ox.parse(head + text, format=ox.RdfFormat.TURTLE)
    ]


FAULTS: dict[str, list[ox.Quad]] = {
    "term-without-definition": [quad(AV + "Bare", "a", OWL_CLASS, "ontology")],
    "undeclared-term": [quad("agent/selumetinib", "hasMecanism", thing("mechanism/mek-inhibition"))],
    "dangling-thing": [quad("finding/ho-2013/nras/uptake-restored", "ofCohort", thing("cohort/ho-2013/nobody"))],
    "typed-by-hand": [quad("agent/dabrafenib", "a", av("MEKInhibitor"), "vocabulary")],
    "triple-in-two-graphs": [quad("agent/selumetinib", "hasMechanism", thing("mechanism/mek-inhibition"), name) for name in ("vocabulary", "study/ho-2013")],
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
    "disjoint-classes": [quad("agent/selumetinib", "a", av("Study"))],
    "class-cycle": turtle("av:Finding rdfs:subClassOf av:UptakeFinding ."),
    "class-merges-concepts": turtle('av:Both a owl:Class ; rdfs:label "agent and study"@en .'),
    "class-miscellaneous": turtle('av:OtherThing a owl:Class ; rdfs:label "other thing"@en .'),
    "class-unconnected": turtle("av:Lonely a owl:Class ."),
    "class-without-disjointness": turtle("av:Lonely a owl:Class ."),
    "class-synonym": turtle("av:Drug a owl:Class ; owl:equivalentClass av:Agent ."),
    "class-defined-by-itself": turtle("av:Drug owl:equivalentClass [ owl:intersectionOf ( av:Agent av:Drug ) ] ."),
    "label-twice": turtle('av:Drug a owl:Class ; rdfs:label "agent"@en .'),
    "definition-repeats-label": turtle('av:Drug rdfs:label "drug"@en ; skos:definition "A drug"@en , "Drug."@en .'),
    "name-not-in-style": turtle("av:Has_dose a owl:ObjectProperty ."),
    "several-domains": turtle("av:agent rdfs:domain av:Regimen ."),
    "property-without-domain-and-range": turtle("av:isNear a owl:ObjectProperty ."),
    "inverse-does-not-fit": turtle("av:encodes owl:inverseOf av:encodedBy ; rdfs:domain av:Study ."),
    "inverse-of-itself": turtle("av:sameRegimenAs owl:inverseOf av:otherWay ."),
    "symmetric-or-transitive-between-classes": turtle("av:agent a owl:TransitiveProperty ."),
    "chain-of-one": turtle("av:usesAgent owl:propertyChainAxiom ( av:hasComponent ) ."),
    "foreign-term-redefined": turtle("prov:Entity rdfs:subClassOf av:Study ."),
    "deprecated-term": turtle('av:agent owl:deprecated true ; dcterms:isReplacedBy av:usesAgent .'),
    "owl-undeclared-entity": turtle("av:Finding rdfs:subClassOf av:Nowhere ."),
    "owl-punning": turtle("av:agent a owl:DatatypeProperty ."),
    "owl-not-simple": turtle("av:partOfCohort a owl:FunctionalProperty ."),
    "owl-reserved-name": turtle("owl:MyThing a owl:Class ."),
}  # fmt: skip


# A fault that is something missing: the triples of this subject and predicate are taken out.
MISSING = {"ontology-header": ("https://w3id.org/avidity/ontology", "http://purl.org/dc/terms/license")}


def test_there_is_a_fault_for_every_check(inputs: Inputs) -> None:
    checks = {path.stem for path in (inputs.ontology / "checks").glob("*.rq")}
    assert checks == set(FAULTS) | set(MISSING) == set(read_levels(inputs.ontology / "checks"))
    assert len(checks) == 39
    assert not set(FAULTS) & set(MISSING)


@pytest.mark.parametrize(("name", "place"), MISSING.items())
def test_every_check_of_something_missing_bites(
    name: str, place: tuple[str, str], store: ox.Store, inputs: Inputs
) -> None:
    check = read_query_file(inputs.ontology / "checks" / f"{name}.rq")
    assert run_check(store, check) == []
    poorer = ox.Store()
    subject, predicate = (ox.NamedNode(iri) for iri in place)
    poorer.extend(quad for quad in store if not (quad.subject == subject and quad.predicate == predicate))
    [problem] = run_check(poorer, check)
    assert place[1] in problem.what


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ("check\tlevel\nempty\tFATAL\n", "one of ERROR, WARN"),
        ("check\tlevel\n", "empty has no level"),
        ("check\tlevel\nempty\tERROR\nfull\tERROR\n", "there is no check full"),
    ],
)
def test_levels_that_do_not_fit(levels: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "empty.rq").write_text("SELECT * WHERE { ?s ?p ?o }")
    (tmp_path / "levels.tsv").write_text(levels)
    with pytest.raises(OntologyError, match=words):
        read_levels(tmp_path)


def test_a_warning_does_not_stop_the_release_and_is_reported(store: ox.Store, inputs: Inputs, tmp_path: Path) -> None:
    for path in (inputs.ontology / "checks").glob("*"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    broken = with_quads(store, *FAULTS["class-merges-concepts"])
    assert [len(found) for found in run_all_checks(broken, tmp_path).values()][1] == 1
    levels = (tmp_path / "levels.tsv").read_text(encoding="utf-8")
    (tmp_path / "levels.tsv").write_text(levels.replace("class-merges-concepts\tWARN", "class-merges-concepts\tERROR"))
    assert any("class-merges-concepts" in str(problem) for problem in run_all_checks(broken, tmp_path)["ERROR"])


@pytest.mark.parametrize(("name", "added"), FAULTS.items())
def test_every_check_bites(name: str, added: list[ox.Quad], store: ox.Store, inputs: Inputs) -> None:
    check = read_query_file(inputs.ontology / "checks" / f"{name}.rq")
    assert run_check(store, check) == []
    problems = run_check(with_quads(store, *added), check)
    assert problems
    assert problems[0].cure


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


def test_checks_have_names_that_users_type() -> None:
    names: Iterable[str] = CHECKS
    assert list(names) == [
        "source", "quotes", "coverage", "questions", "mappings", "checks", "released", "shapes", "profile", "consistency",
    ]  # fmt: skip
