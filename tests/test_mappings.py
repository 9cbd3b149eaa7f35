"""Links to other vocabularies: honest rows, ids that look right, valid SSSOM, Bioregistry's prefixes, real ids."""

from __future__ import annotations

import csv
import gzip
import os
import re
from collections import Counter, defaultdict
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_loaders.checking import check_mappings
from avidity_loaders.errors import OntologyError
from avidity_loaders.inputs import Inputs
from avidity_loaders.mappings import (
    NO_TERM_FOUND,
    Mapping,
    MappingSet,
    convert_mappings,
    linked,
    read_mapping_sets,
    read_prefixes,
)
from avidity_loaders.names import BASE, PREFIXES, RDF_TYPE, SKOS
from avidity_loaders.vocabulary import Vocabulary

FOLDER = Inputs.shipped().ontology / "mappings"
SETS = read_mapping_sets(FOLDER)
ROWS = [row for each in SETS for row in each.mappings]
A = ox.NamedNode(RDF_TYPE)


def test_how_many_links_there_are() -> None:
    assert len(SETS) == 12
    assert sum(row.is_match for row in ROWS) == 657
    assert sum(not row.is_match for row in ROWS) == 3


def test_nearly_everything_is_linked(vocabulary: Vocabulary) -> None:
    counts = linked(SETS, vocabulary)
    must = ("gene", "agent", "alteration", "histology", "adverse-event-term", "measure", "imaging-method",
            "radionuclide", "unit", "protein", "study-design", "severity-grade")  # fmt: skip
    for kind in must:
        found, of = counts[kind]
        assert found / of >= 0.95, kind
    assert sum(of for _, of in counts.values()) == 188


def test_nothing_is_more_exact_than_the_text() -> None:
    """Only one alteration is stated as an allele; nothing else may match an allele, and no rs number does exactly."""
    alleles = ("civic.vid", "civic.mpid", "clinvar.variation", "clingen.allele", "dbsnp")
    to_alleles = [row for row in ROWS if row.object_id.partition(":")[0] in alleles]
    assert {row.subject_id for row in to_alleles} == {"avidity:alteration/braf-v600e"}
    assert [row.predicate_id for row in to_alleles if row.object_id.startswith("dbsnp:")] == ["skos:relatedMatch"]
    nras = {row.object_id: row.predicate_id for row in ROWS if row.subject_id == "avidity:alteration/nras-mutation"}
    assert nras == {"NCIT:C41381": "skos:exactMatch"}


@pytest.mark.parametrize(
    ("subject", "object_id", "predicate"),
    [
        ("unit/gray", "NCIT:C18063", "skos:exactMatch"),  # not C48324, the colour
        ("severity-grade/3", "NCIT:C84265", "skos:closeMatch"),  # the source names no scale
        ("measure/partial-response", "NCIT:C18058", "skos:exactMatch"),
        ("measure/complete-response", "NCIT:C4870", "skos:exactMatch"),
        ("histology/dtc", "MONDO:0015447", "skos:exactMatch"),
        ("histology/iefvptc", "NCIT:C66850", "skos:exactMatch"),
        ("adverse-event-term/rash", "OAE:0000362", "skos:exactMatch"),
        ("adverse-event-term/rash", "HP:0000988", "skos:closeMatch"),  # a finding, not an event
        ("alteration/ret-rearrangement", "NCIT:C131069", "skos:closeMatch"),  # a finding
        ("mechanism/mek-inhibition", "CHEBI:88286", "skos:closeMatch"),
    ],
)
def test_traps(subject: str, object_id: str, predicate: str) -> None:
    assert [r.predicate_id for r in ROWS if (r.subject_id, r.object_id) == ("avidity:" + subject, object_id)] == [
        predicate
    ]


def test_traps_are_not_walked_into() -> None:
    there = {row.object_id for row in ROWS}
    wrong = {"NCIT:C48324", "DOID:0080525", "unit:RAD", "NCIT:C41338", "NCIT:C41339", "NCIT:C41340", "CHEBI:79091"}
    assert not there & wrong
    assert not any(o.startswith(("atc:", "drugbank:", "ICD", "MEDDRA", "SNOMED")) for o in there)


# ── Rows that do not fit ──────────────────────────────────────────────────────────────────────
GOOD = ("avidity:agent/selumetinib", "selumetinib", "skos:broadMatch", "NCIT:C1967", "x", "semapv:ManualMappingCuration",
        "bioregistry:ncit", "2026", "")  # fmt: skip


def row_with(**changes: str) -> str:
    names = ("subject_id", "subject_label", "predicate_id", "object_id", "object_label", "mapping_justification",
             "object_source", "object_source_version", "comment")  # fmt: skip
    return "\t".join({**dict(zip(names, GOOD, strict=True)), **changes}[name] for name in names)


BAD_ROWS = {
    "unknown subject": row_with(subject_id="avidity:agent/nobody"),
    "is called 'selumetinib'": row_with(subject_label="Selumetinib"),
    "unknown predicate": row_with(predicate_id="skos:sameMatch"),
    "unknown justification": row_with(mapping_justification="semapv:Guess"),
    "curie_map": row_with(object_id="XYZ:1"),
    "not how ids of NCIT look": row_with(object_id="NCIT:66939"),
    "is from bioregistry:ncit": row_with(object_source="bioregistry:chebi"),
    "needs its label": row_with(object_label=""),
    "the version of the file": row_with(object_source_version=""),
    "says why": row_with(object_id=NO_TERM_FOUND, object_source=""),
    "twice": row_with(object_id="NCIT:C66939"),
    "cannot both be exactly": row_with(object_id="NCIT:C77908", predicate_id="skos:exactMatch"),
    "8 cells under 9 columns": "\t".join(GOOD[:8]),
}


def copy(inputs: Inputs, tmp_path: Path) -> Path:
    """The ontology with a mappings folder of its own."""
    ontology = tmp_path / "ontology"
    ontology.mkdir()
    (ontology / "avidity.ttl").write_bytes((inputs.ontology / "avidity.ttl").read_bytes())
    (ontology / "mappings").mkdir()
    for path in FOLDER.iterdir():
        (ontology / "mappings" / path.name).write_bytes(path.read_bytes())
    return ontology


@pytest.mark.parametrize(("words", "row"), BAD_ROWS.items())
def test_rows_that_do_not_fit(words: str, row: str, inputs: Inputs, vocabulary: Vocabulary, tmp_path: Path) -> None:
    ontology = copy(inputs, tmp_path)
    path = ontology / "mappings" / "agents.sssom.tsv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + row + "\n", encoding="utf-8")
    with pytest.raises(OntologyError, match=words) as error:
        convert_mappings(ontology, vocabulary)
    assert {(problem.file, problem.line) for problem in error.value.problems} == {(path, len(text.splitlines()) + 1)}


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("object_source\t", "source\t", "missing: object_source; unknown: source"),
        ("#license: https", "#licence: https", "the header lacks license"),
        ("#curie_map:", "#curie_map: [", "not YAML"),
        ("#  NCIT: http://purl.obolibrary.org/obo/NCIT_", "#  NCIT: http://ncit/", "in prefixes.tsv"),
        ("#  NCIT: http", "#  XYZ: http://x/\n#  NCIT: http", "the prefix XYZ is not in prefixes.tsv"),
    ],
)
def test_sets_that_do_not_fit(
    old: str, new: str, words: str, inputs: Inputs, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    ontology = copy(inputs, tmp_path)
    replaced(ontology / "mappings" / "agents.sssom.tsv", old, new)
    with pytest.raises(OntologyError, match=words):
        convert_mappings(ontology, vocabulary)


def test_a_thing_that_is_left_out_is_found(inputs: Inputs, vocabulary: Vocabulary, tmp_path: Path) -> None:
    ontology = copy(inputs, tmp_path)
    path = ontology / "mappings" / "agents.sssom.tsv"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if "agent/sorafenib" not in line]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(OntologyError, match="agent/sorafenib has no link and does not say that there is none"):
        convert_mappings(ontology, vocabulary)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("NCIT\thttp://x/\t.*\tncit\tx\tx\tx\n", "stands here twice"),
        ("XYZ\thttp://purl.obolibrary.org/obo/NCIT_\t.*\tx\tx\tx\tx\n", "both mean"),
        ("XYZ\thttp://x/\t(\tx\tx\tx\tx\n", "no regular expression"),
    ],
)
def test_prefixes_that_do_not_fit(line: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "prefixes.tsv"
    path.write_text((FOLDER / "prefixes.tsv").read_text(encoding="utf-8") + line, encoding="utf-8")
    with pytest.raises(OntologyError, match=words):
        read_prefixes(path)


# ── In the graph ──────────────────────────────────────────────────────────────────────────────
def test_the_graph_has_each_mapping_as_sssom_does(store: ox.Store) -> None:
    owl, here = PREFIXES["owl"], ox.NamedNode(BASE + "graph/mappings")
    axioms = {q.subject for q in store.quads_for_pattern(None, A, ox.NamedNode(owl + "Axiom"), here)}
    assert len(axioms) == len(ROWS)
    node = ox.NamedNode(BASE + "mapping/agent/selumetinib/ncit-c66939")
    told = {q.predicate.value.rsplit("#")[-1].rsplit("/")[-1]: str(getattr(q.object, "value", "")) for q in store.quads_for_pattern(node, None, None, here)}  # fmt: skip
    assert told["annotatedSource"] == BASE + "agent/selumetinib"
    assert told["annotatedProperty"] == SKOS + "exactMatch"
    assert told["annotatedTarget"] == "http://purl.obolibrary.org/obo/NCIT_C66939"
    assert told["mapping_justification"] == "https://w3id.org/semapv/vocab/ManualMappingCuration"
    assert told["object_source"] == "https://bioregistry.io/registry/ncit"
    assert told["object_source_version"]


def test_direct_triples_stand_for_matches_only(store: ox.Store) -> None:
    here = ox.NamedNode(BASE + "graph/mappings")
    direct = [q for q in store.quads_for_pattern(None, None, None, here) if q.predicate.value.startswith(SKOS) and q.predicate.value.endswith("Match")]  # fmt: skip
    assert len(direct) == sum(row.is_match for row in ROWS)
    assert not any("NoTermFound" in str(q.object) for q in direct)


# ── Outside judges ────────────────────────────────────────────────────────────────────────────
def test_sssom_pydantic_accepts_every_set() -> None:
    import sssom_pydantic

    read = {each.path: sssom_pydantic.read(each.path) for each in SETS}
    assert sum(len(pack.mappings) for pack in read.values()) == len(ROWS)
    for each in SETS:
        assert str(read[each.path].mapping_set.id) == each.id
        assert read[each.path].mapping_set.license is not None


def test_curies_expands_and_contracts_every_id() -> None:
    import curies

    prefixes = read_prefixes(FOLDER / "prefixes.tsv")
    converter = curies.Converter.from_prefix_map({prefix.prefix: prefix.iri for prefix in prefixes.values()})
    ids = {row.object_id for row in ROWS if row.is_match and not row.object_id.startswith(OUTSIDE_BIOREGISTRY)}
    assert len(ids) > 500
    for curie in ids:
        iri = converter.expand(curie, strict=True)
        assert converter.compress(iri, strict=True) == curie


# Bioregistry has no entry for the PICO ontology; QUDT's units are part of its entry `qudt` and no prefix of their own.
OUTSIDE_BIOREGISTRY = ("unit:", "pico:")


def test_prefixes_are_bioregistrys() -> None:
    import bioregistry

    checked = 0
    for prefix in read_prefixes(FOLDER / "prefixes.tsv").values():
        if prefix.prefix + ":" in OUTSIDE_BIOREGISTRY:
            continue
        assert bioregistry.normalize_prefix(prefix.prefix) == prefix.bioregistry, prefix.prefix
        # OBO's and HGNC's own spelling is upper-case; Bioregistry's key is the same in lower case.
        assert prefix.prefix in (prefix.bioregistry, prefix.bioregistry.upper())
        pattern = bioregistry.get_pattern(prefix.bioregistry)
        for row in ROWS:
            name, _, local_id = row.object_id.partition(":")
            if name == prefix.prefix and pattern:
                assert re.fullmatch(pattern, local_id), row.object_id
                checked += 1
    assert checked > 500


def terms() -> Path:
    place = os.environ.get("AVIDITY_TERMS")
    if place is None:
        pytest.skip("AVIDITY_TERMS does not say where term lists are")
    return Path(place)


def test_ids_labels_and_obsolescence_against_the_term_lists() -> None:
    """Every id exists and is not obsolete, and its label is one that the list has, in the lists that are complete."""
    wanted = {row.object_id: row for row in ROWS if row.is_match}
    known: dict[str, list[list[str]]] = defaultdict(list)
    with gzip.open(terms() / "terms.tsv.gz", "rt", encoding="utf-8") as file:
        for cells in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if cells[0] in wanted:
                known[cells[0]].append(cells[1:])
    verdicts = Counter[str]()
    for curie, row in wanted.items():
        if curie.split(":")[0] in SCHEMAS:
            continue
        if not known[curie] and curie.startswith(PARTIAL):
            verdicts["in no list"] += 1
            continue
        labels = [cells for cells in known[curie] if plain(cells[0]) == plain(row.object_label)]
        assert known[curie], f"{curie} is in no list"
        assert labels, f"{curie} is {[cells[0] for cells in known[curie]]}, not {row.object_label!r}"
        assert all(cells[1] != "true" for cells in labels), f"{curie} is obsolete"
        verdicts["ok"] += 1
    assert verdicts["ok"] > 500
    assert verdicts["in no list"] == 1  # RO:0002205, seen in ro-base.owl of 2025-12-17


# Schemas of the Web, checked against rdflib's copies of them and not against term lists.
SCHEMAS = ("schema", "oa", "biolink", "SEPIO", "pico")


def test_terms_of_schema_org_exist() -> None:
    from rdflib.namespace import SDO

    names = {row.object_id.partition(":")[2] for row in ROWS if row.object_id.startswith("schema:")}
    assert len(names) > 15
    # rdflib's copy is older than schema.org 30.0, which has this one.
    assert [name for name in sorted(names) if name not in SDO] == ["observationAbout"]


# Of these the lists hold only what other ontologies import: what is missing there is unknown and not wrong.
PARTIAL = ("RO:",)


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def test_the_check_tells_the_counts(inputs: Inputs) -> None:
    assert check_mappings(inputs).startswith("657 links in 12 sets; gene 16/16, protein 11/11")


def test_records_are_what_they_are_called() -> None:
    assert isinstance(SETS[0], MappingSet)
    assert isinstance(ROWS[0], Mapping)
    assert {row.mapping_justification for row in ROWS} == {"semapv:ManualMappingCuration"}
