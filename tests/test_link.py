"""`avidity link`: one answer whatever the format, verdicts, refusals, memory, and what is added to a release."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_loaders import places
from avidity_loaders.errors import LinkError, NothingToJudge, OntologyError
from avidity_loaders.inputs import Inputs
from avidity_loaders.link.adding import add_linked_terms
from avidity_loaders.link.detecting import Format
from avidity_loaders.link.examining import examine
from avidity_loaders.link.judging import Verdict
from avidity_loaders.link.linking import LinkReport, link
from avidity_loaders.link.links import read_links
from avidity_loaders.link.prefixes import Prefixes
from avidity_loaders.link.reading import gather, survey
from avidity_loaders.link.report import proposal
from avidity_loaders.link.terms import Header, Synonym, Term
from avidity_loaders.mappings.models import COLUMNS
from avidity_loaders.release import ReleaseContent, write_release
from avidity_service.app import create_app
from avidity_service.asking import ask, bind
from avidity_service.catalogue import Catalogue
from avidity_service.cli import main
from avidity_service.cli.opening import is_stale
from avidity_service.engine import Engine
from avidity_service.names import Names
from avidity_service.release import Release, open_release
from avidity_service.settings import Settings
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.writing import MONDO, RDF_OPEN, WRITERS, obo, rdf_xml

HERE = Path(__file__).parent / "ontologies"
MINI = sorted(HERE.glob("mini.*"))
THESAURUS = HERE / "thesaurus.owl"
MAPPINGS = Inputs.shipped().ontology / "mappings"
PREFIXES = Prefixes(read_links(MAPPINGS).namespaces)
OPEN = '<?xml version="1.0"?>\n' + RDF_OPEN + MONDO
A_CLASS = '<owl:Class rdf:about="http://purl.obolibrary.org/obo/MONDO_0000001"/>\n'
CLOSE = "</rdf:RDF>\n"


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def write(place: Path, content: str | bytes) -> Path:
    place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return place


def terms_of(path: Path) -> dict[str, Term]:
    file = examine(path)
    return gather(file, PREFIXES, survey(file, PREFIXES).classes)


# --- One answer, whatever the format -----------------------------------------------------------------------------------

MADE_UP = [
    Term("MONDO:0005034", "follicular thyroid cancer", synonyms=(Synonym("thyroid gland follicular carcinoma", "exact"),), parents=("MONDO:9000001", "MONDO:9000006")),
    Term("MONDO:0006214", "follicular variant PTC", synonyms=(Synonym("FVPTC", "narrow"),), parents=("MONDO:9000003",)),
    Term("MONDO:0006382", "obsolete poorly differentiated thyroid gland carcinoma", obsolete=True, replaced_by=("MONDO:9000004",), consider=("MONDO:9000001",)),
    Term("MONDO:0006468", "Thyroid gland  undifferentiated (anaplastic) carcinoma", synonyms=(Synonym("ATC", "exact"),), parents=("MONDO:9000001",)),
    Term("MONDO:9000000", 'disease, "made up" {for tests}'),
    Term("MONDO:9000001", "thyroid gland carcinoma", synonyms=(Synonym("Schilddrüsenkarzinom", "related"), Synonym("cancer of the thyroid gland", "broad")), parents=("MONDO:9000000", "Orphanet:100088")),
    Term("MONDO:9000003", "papillary carcinoma of the thyroid gland", alternatives=("MONDO:0005075",), parents=("MONDO:9000001",)),
    Term("MONDO:9000004", "obsolete insular carcinoma", obsolete=True, replaced_by=("MONDO:9000005",)),
    Term("MONDO:9000005", "high-grade thyroid carcinoma", parents=("MONDO:9000001",)),
    Term("MONDO:9000006", "follicular neoplasm", parents=("MONDO:9000000",)),
    Term("MONDO:9000007", "follicle", parents=("MONDO:9000000",)),
    Term("NCIT:C66939", "another name of selumetinib"),
    Term("NCIT:C77908", "trametinib"),
    Term("Orphanet:100088", "Thyroid tumour"),
]  # fmt: skip


def test_the_formats_that_are_compared() -> None:
    assert [path.suffix for path in MINI] == [".json", ".obo", ".owl", ".ttl"]


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("path", MINI, ids=lambda path: path.suffix)
def test_every_format_says_the_same(path: Path, zipped: bool, tmp_path: Path) -> None:
    # No suffix: the content tells the format.
    content = path.read_bytes()
    copy = write(tmp_path / "ontology", gzip.compress(content) if zipped else content)
    assert list(terms_of(copy).values()) == MADE_UP
    assert survey(examine(copy), PREFIXES).header == Header(
        "http://purl.obolibrary.org/obo/mondo.owl",
        "http://purl.obolibrary.org/obo/mondo/releases/2030-01-01/mondo.owl",
        "2030-01-01",
        "https://creativecommons.org/licenses/by/4.0/",
        1,
    )


@pytest.mark.parametrize("path", MINI, ids=lambda path: path.suffix)
def test_a_byte_order_mark_is_no_content(path: Path, tmp_path: Path) -> None:
    marked = write(tmp_path / "x", b"\xef\xbb\xbf" + path.read_bytes())
    assert list(terms_of(marked).values()) == MADE_UP


IDS = [f"MONDO:{number}" for number in range(8_000_000, 8_000_020)]
# No backslash: fastobo takes an escaped one at the end of a quoted text for the escape of the quote.
TEXTS = (
    st.text(st.sampled_from("abz éβ–±'\"{}[]()!:;,.&<>%#?*=|~^$@/-_+0189"), min_size=1, max_size=12)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


def some(of: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(of, max_size=3).map(lambda found: tuple(sorted(found)))


@st.composite
def made_up_terms(draw: st.DrawFn) -> list[Term]:
    found = []
    for curie in sorted(draw(st.sets(st.sampled_from(IDS), min_size=1, max_size=6))):
        others = st.sampled_from([other for other in IDS if other != curie])
        synonyms = draw(
            st.sets(st.builds(Synonym, TEXTS, st.sampled_from(["exact", "broad", "narrow", "related"])), max_size=3)
        )
        found.append(
            Term(
                curie, draw(st.none() | TEXTS), draw(st.booleans()), draw(some(others)), draw(some(others)),
                draw(some(others)), tuple(sorted(synonyms)), draw(some(others)),
            )
        )  # fmt: skip
    return found


@pytest.mark.parametrize("suffix", WRITERS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(terms=made_up_terms())
def test_what_is_written_is_read(terms: list[Term], suffix: str, tmp_path: Path) -> None:
    path = write(tmp_path / "x", WRITERS[suffix](terms))
    assert list(terms_of(path).values()) == terms


@pytest.mark.parametrize(
    ("name", "curie"),
    [
        ("http://purl.obolibrary.org/obo/NCIT_C66939", "NCIT:C66939"),
        ("https://purl.obolibrary.org/obo/NCIT_C66939", "NCIT:C66939"),
        ("http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl#C66939", "NCIT:C66939"),
        ("http://www.ebi.ac.uk/efo/EFO_0009962", "EFO:0009962"),
        ("http://identifiers.org/hgnc/1097", "HGNC:1097"),
        ("https://identifiers.org/hgnc:1097", "HGNC:1097"),
        ("http://www.orpha.net/ORDO/Orphanet_100088", "Orphanet:100088"),
        ("http://purl.obolibrary.org/obo/UBERON_0002046", "UBERON:0002046"),
        ("MESH:D013964", "mesh:D013964"),
        ("http://example.org/x", "http://example.org/x"),
        ("http://purl.obolibrary.org/obo/mondo#subset_x", "http://purl.obolibrary.org/obo/mondo#subset_x"),
        ("http://purl.obolibrary.org/obo/NCIT_", "http://purl.obolibrary.org/obo/NCIT_"),
    ],
)
def test_iris_become_curies(name: str, curie: str) -> None:
    assert PREFIXES.curie(name) == curie


@pytest.mark.parametrize(
    ("curie", "iri"),
    [
        ("NCIT:C66939", "http://purl.obolibrary.org/obo/NCIT_C66939"),
        ("HGNC:1097", "http://identifiers.org/hgnc/1097"),
        ("UBERON:0002046", "http://purl.obolibrary.org/obo/UBERON_0002046"),
        ("http://example.org/a b%2", "http://example.org/a%20b%252"),
    ],
)
def test_curies_become_iris(curie: str, iri: str) -> None:
    assert PREFIXES.iri(curie) == iri
    assert ox.NamedNode(PREFIXES.iri(curie)).value == iri


# --- Verdicts ------------------------------------------------------------------------------------------------------------

VERDICTS = {
    ("MONDO:0006468", "ok", "", ""),
    ("NCIT:C77908", "ok", "", ""),  # imported, and confirmed
    ("MONDO:0005034", "synonym", "", ""),
    ("MONDO:0006214", "label-differs", "", ""),
    (
        "MONDO:0006382",
        "obsolete",
        "MONDO:9000005 high-grade thyroid carcinoma",
        "MONDO:9000001 thyroid gland carcinoma",
    ),
    ("MONDO:0005075", "moved", "MONDO:9000003 papillary carcinoma of the thyroid gland", ""),
    ("MONDO:0015447", "missing", "", ""),
    ("MONDO:0003701", "missing", "", ""),
    ("MONDO:0004103", "missing", "", ""),
}


@pytest.mark.parametrize("path", MINI, ids=lambda path: path.suffix)
def test_verdicts(path: Path) -> None:
    result = run("link", "--ontology", path, "--format", "csv")
    assert result.exit_code == 4
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {(row["object_id"], row["verdict"], row["replaced_by"], row["consider"]) for row in rows} == VERDICTS
    assert {verdict for _, verdict, _, _ in VERDICTS} == {verdict.value for verdict in Verdict}
    assert len(rows) == 11  # DTC and RAI-R DTC have the same id, and so have PTC and its hobnail variant
    for row in rows:
        lines = (MAPPINGS / row["file"]).read_text(encoding="utf-8").splitlines()
        assert lines[int(row["line"]) - 1].startswith(f"{row['subject_id']}\t")
        assert row["object_id"] in lines[int(row["line"]) - 1]
    assert "1 ok, 1 synonym, 1 label-differs, 1 obsolete, 2 moved, 4 missing" in result.stderr
    assert "1 of 647 links to other vocabularies confirmed" in result.stderr
    assert "1 named and not followed" in result.stderr


def test_the_session_in_the_docs() -> None:
    text = (places.CHECKOUT / "docs" / "linking.md").read_text(encoding="utf-8")
    [session] = re.findall(r"```\n\$ avidity link (.*?) \| cut -d, -f1,4,6-8\n(.*?)```", text, re.DOTALL)
    result = run("link", *session[0].split())
    rows = [[row[0], row[3], *row[5:8]] for row in csv.reader(io.StringIO(result.stdout))]
    said = result.stderr.splitlines()
    assert session[1].splitlines() == [*said[:-1], *(",".join(row) for row in rows), said[-1]]


def test_what_there_is_is_documented() -> None:
    text = (places.CHECKOUT / "docs" / "linking.md").read_text(encoding="utf-8")
    options = [name for parameter in main.commands["link"].params for name in parameter.opts]
    assert len(options) == 8
    for name in [*options, *(verdict.value for verdict in Verdict), *(format_.value for format_ in Format)]:
        assert name.removeprefix("OWL in ") in text, name


def test_a_table_shows_what_is_not_ok() -> None:
    result = run("link", "--ontology", HERE / "mini.obo")
    for verdict in ("missing", "synonym", "label-differs", "obsolete", "moved"):
        assert verdict in result.stdout
    assert "MONDO:0006468" not in result.stdout
    assert "9 rows" in result.stderr


def test_json_says_all() -> None:
    result = run("link", "--ontology", HERE / "mini.owl", "--format", "json")
    found = json.loads(result.stdout)
    assert found["ontology"]["prefixes"] == ["MONDO"]
    assert found["ontology"]["imports_not_followed"] == 1
    assert (found["counts"]["missing"], found["counts"]["ok"], found["not_judged"]) == (4, 2, 646)
    [obsolete] = [row for row in found["links"] if row["verdict"] == "obsolete"]
    assert obsolete["replaced_by"] == [{"id": "MONDO:9000005", "label": "high-grade thyroid carcinoma"}]


def mappings(folder: Path, *rows: tuple[str, str]) -> Path:
    """A mapping set with links from one of our things to these (id, label)."""
    folder.mkdir()
    head = [
        line for line in (MAPPINGS / "diseases.sssom.tsv").read_text(encoding="utf-8").splitlines() if line[0] == "#"
    ]
    columns = "\t".join(COLUMNS)
    body = [
        f"avidity:histology/x\tx\tskos:exactMatch\t{curie}\t{label}\tsemapv:ManualMappingCuration\tx\t1\t"
        for curie, label in rows
    ]
    (folder / "x.sssom.tsv").write_text("\n".join([*head, columns, *body]) + "\n", encoding="utf-8")
    return folder


def test_labels_alone_are_no_fault(tmp_path: Path) -> None:
    folder = mappings(
        tmp_path / "m", ("MONDO:0006214", "what it was called once"), ("MONDO:0005034", "FOLLICULAR thyroid  cancer")
    )
    result = run("link", "--ontology", HERE / "mini.obo", "--mappings", folder, "--format", "csv")
    assert result.exit_code == 0
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(result.stdout))] == ["label-differs", "ok"]


def test_the_proposal_is_a_mapping_set(tmp_path: Path) -> None:
    result = run("link", "--ontology", HERE / "mini.obo", "--format", "sssom")
    assert result.exit_code == 4
    (tmp_path / "new.sssom.tsv").write_text(result.stdout, encoding="utf-8")
    links = read_links(tmp_path)
    assert [(one.row["subject_id"], one.target, one.label) for one in links.links] == [
        ("avidity:histology/hobnail-ptc", "MONDO:9000003", "papillary carcinoma of the thyroid gland"),
        ("avidity:histology/pdtc", "MONDO:9000005", "high-grade thyroid carcinoma"),
        ("avidity:histology/ptc", "MONDO:9000003", "papillary carcinoma of the thyroid gland"),
    ]
    assert (
        "MONDO:0006382 (poorly differentiated thyroid gland carcinoma) is obsolete in" in links.links[1].row["comment"]
    )
    # What it proposes holds.
    again = run("link", "--ontology", HERE / "mini.obo", "--mappings", tmp_path)
    assert (again.exit_code, again.stdout) == (0, "")


def test_merged_terms_are_moved_also_where_owl_keeps_them_as_obsolete_classes(tmp_path: Path) -> None:
    merged = Term("MONDO:0005075", obsolete=True, replaced_by=("MONDO:9000003",))
    live = Term("MONDO:9000003", "papillary carcinoma", alternatives=("MONDO:0005075",))
    for suffix in ("owl", "json"):
        report = link(
            write(tmp_path / suffix, WRITERS[suffix]([merged, live])),
            mappings(tmp_path / f"m{suffix}", ("MONDO:0005075", "x")),
        )
        [one] = report.judged
        assert (one.verdict, [new.curie for new in one.replacements]) == (Verdict.MOVED, ["MONDO:9000003"])


def test_replacements_in_a_circle_end(tmp_path: Path) -> None:
    one = Term("MONDO:0000001", "a", obsolete=True, replaced_by=("MONDO:0000002",))
    two = Term("MONDO:0000002", "b", obsolete=True, replaced_by=("MONDO:0000001",))
    report = link(write(tmp_path / "x", obo([one, two])), mappings(tmp_path / "m", ("MONDO:0000001", "a")))
    assert [(each.verdict, each.replacements) for each in report.judged] == [(Verdict.OBSOLETE, ())]
    assert proposal(report).splitlines()[-1].startswith("subject_id")


def test_the_edition_of_nci_itself() -> None:
    report = link(THESAURUS, MAPPINGS)
    assert report.owned == ("NCIT",)
    found = {one.link.target: (one.verdict.value, one.label) for one in report.judged if one.verdict != Verdict.MISSING}
    assert found == {
        "NCIT:C77908": ("ok", "Trametinib"),
        "NCIT:C82386": ("ok", "Dabrafenib"),
        "NCIT:C66939": ("synonym", "MEK Inhibitor AZD6244"),
        "NCIT:C1639": ("obsolete", "Iodine I-131"),  # by its concept status
    }
    # The genus of a definition is a parent; what stands within its union is none.
    assert terms_of(THESAURUS)["NCIT:C9000002"].parents == ("NCIT:C9000001",)


# --- Which prefixes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "owned"),
    [
        ("mondo", ("MONDO",)),
        ("mondo/mondo-base", ("MONDO",)),
        ("mondo.obo", ("MONDO",)),
        ("http://purl.obolibrary.org/obo/mondo/releases/2030-01-01/mondo.owl", ("MONDO",)),
        ("http://example.org/mine/mondo.owl", ("MONDO",)),
    ],
)
def test_the_ontologys_own_iri_tells_its_prefix(header: str, owned: tuple[str, ...], tmp_path: Path) -> None:
    path = write(tmp_path / "x", f"ontology: {header}\n\n[Term]\nid: MONDO:0006468\nname: x\n")
    assert link(path, MAPPINGS).owned == owned


def test_a_prefix_that_is_named_wins(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x", "ontology: hp\n\n[Term]\nid: MONDO:0006468\nname: x\n\n[Term]\nid: HP:0001888\nname: x\n"
    )
    assert link(path, MAPPINGS).owned == ("HP",)
    assert link(path, MAPPINGS, ["mondo"]).owned == ("MONDO",)
    assert link(path, MAPPINGS, ["MONDO:", "HP"]).owned == ("HP", "MONDO")


@pytest.mark.parametrize(
    ("content", "named", "words"),
    [
        (
            "ontology: pato\n\n[Term]\nid: PATO:1\nname: x\n",
            [],
            "is the ontology <http://purl.obolibrary.org/obo/pato.owl>",
        ),
        ("format-version: 1.2\n\n[Term]\nid: MONDO:1\nname: x\n", [], "does not say which ontology it is"),
        ("ontology: mondo\n\n[Term]\nid: MONDO:1\nname: x\n", ["PATO"], "no link of ours has the prefix PATO"),
        ("ontology: mondo\n\n[Term]\nid: MONDO:1\nname: x\n", ["HP"], "declares no class of HP"),
        ("ontology: mondo\n\n[Term]\nid: HP:1\nname: x\n", [], "declares no class of MONDO"),
    ],
)
def test_nothing_to_judge(content: str, named: Sequence[str], words: str, tmp_path: Path) -> None:
    path = write(tmp_path / "x.obo", content)
    with pytest.raises(NothingToJudge, match=words):
        link(path, MAPPINGS, named)
    result = run("link", "--ontology", path, *(part for name in named for part in ("--prefix", name)))
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


# --- What is refused -----------------------------------------------------------------------------------------------------

LAUGHS = '<!DOCTYPE rdf:RDF [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
ENTITIES: dict[str, tuple[str, int]] = {
    "internal": (f'<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [\n<!ENTITY obo "http://x/">\n]>\n{RDF_OPEN}{CLOSE}', 2),
    "external": (f'<!DOCTYPE rdf:RDF [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n{RDF_OPEN}{CLOSE}', 1),
    "external DTD": (f'\n\n<!DOCTYPE rdf:RDF SYSTEM "http://127.0.0.1:9/x.dtd">\n{RDF_OPEN}{CLOSE}', 3),
    "public DTD": (f'<!DOCTYPE rdf:RDF PUBLIC "-//x" "http://127.0.0.1:9/x.dtd">\n{RDF_OPEN}{CLOSE}', 1),
    "billion laughs": (f"{LAUGHS}\n{RDF_OPEN}<owl:Class rdf:about='&c;'/>{CLOSE}", 1),
    "parameter": (f'<!DOCTYPE rdf:RDF [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]>\n{RDF_OPEN}{CLOSE}', 1),
    "after a long comment": (f"<!-- {'x' * 90_000}\n -->\n{LAUGHS}\n{RDF_OPEN}{CLOSE}", 3),
    "after a comment that is none": (f"<!-- -->{LAUGHS}<!-- -->\n{RDF_OPEN}{CLOSE}", 1),
    "lower case": (f'<!doctype rdf:RDF [<!ENTITY a "b">]>\n{RDF_OPEN}{CLOSE}', 1),
    "within the root": (f'{OPEN}{A_CLASS}<!DOCTYPE x [<!ENTITY a "b">]>{CLOSE}', 5),
    "across the steps of reading": (f"{RDF_OPEN}<!--{'x' * ((1 << 20) - len(RDF_OPEN) - 8)}-->{LAUGHS}{CLOSE}", 2),
}  # fmt: skip


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(("content", "line"), ENTITIES.values(), ids=ENTITIES)
def test_xml_entities_are_refused_unread(content: str, line: int, zipped: bool, tmp_path: Path) -> None:
    data = content.encode()
    path = write(tmp_path / "x.owl", gzip.compress(data) if zipped else data)
    with pytest.raises(LinkError, match="declares XML entities or names a DTD") as error:
        examine(path)
    [problem] = error.value.problems
    assert (problem.file, problem.line) == (path, line)
    assert "robot convert --input x.owl" in (problem.cure or "")


def test_how_many_ways_of_entities_were_tried() -> None:
    assert len(ENTITIES) == 11


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_entities_do_not_hide_in_other_encodings(encoding: str, tmp_path: Path) -> None:
    path = write(tmp_path / "x.owl", ENTITIES["external"][0].encode(encoding))
    with pytest.raises(LinkError, match="not text in UTF-8"):
        examine(path)


@pytest.mark.parametrize("doctype", ["<!DOCTYPE rdf:RDF>", "<!DOCTYPE  rdf:RDF\n>", ""])
def test_a_doctype_that_only_names_the_root_is_harmless(doctype: str, tmp_path: Path) -> None:
    content = (
        f'<?xml version="1.0"?>\n<!-- A comment with <html> in it. -->\n{doctype}\n{RDF_OPEN}{MONDO}{A_CLASS}{CLOSE}'
    )
    assert list(terms_of(write(tmp_path / "x", content))) == ["MONDO:0000001"]


LARGE = obo([Term("MONDO:0000001", "x" * 100_000)])
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n", "is empty"),
    "empty gzip": (gzip.compress(b""), "is empty"),
    "cut gzip": (gzip.compress(LARGE.encode())[:-20], "broken gzip"),
    "altered gzip": (gzip.compress(os.urandom(1000))[:-8] + b"12345678", "broken gzip"),
    "zip": (b"PK\x03\x04\x14\0", "zip archive"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "pointer of Git LFS"),
    "web page": (b"<!DOCTYPE html>\n<html><head></head></html>", "web page"),
    "OWL/XML": (b'<?xml version="1.0"?>\n<Ontology xmlns="http://www.w3.org/2002/07/owl#"></Ontology>', "root <Ontology>"),
    "functional syntax": (b"Prefix(:=<http://x/>)\nOntology(<http://x>)\n", "functional syntax"),
    "prose": (b"Dear reader,\nthis is no ontology.\n", "no ontology in OBO"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not text in UTF-8"),
    "cut OWL": ((OPEN + A_CLASS).encode(), "cut off"),
    "OWL cut in a tag": ((OPEN + A_CLASS)[:-9].encode(), "cut off"),
    "cut OBO": (b"ontology: mondo\n\n[Term]\nid: MONDO:0000001\nname: x", "seems cut off"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_whole_ontology_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    path = write(tmp_path / "x", content)
    with pytest.raises(LinkError, match=words) as error:
        examine(path)
    assert error.value.problems[0].file == path
    result = run("link", "--ontology", path)
    assert (result.exit_code, result.stdout) == (4, "")
    assert words in result.stderr


BROKEN: dict[str, tuple[bytes, str, int | None]] = {
    "OBO without id": (b"ontology: mondo\n\n[Term]\nname: x\n", "not OBO", 4),
    "OBO with a bad scope": (b'ontology: mondo\n\n[Term]\nid: A:1\nsynonym: "x" EXAKT []\n', "not OBO", 5),
    "OBO not in UTF-8": (b"ontology: mondo\n\n[Term]\nid: A:1\nname: \xff\n", "not OBO", None),
    "OBO with an endless clause": (b"ontology: mondo\n\n[Term]\nid: A:1\nname: " + b"x" * (2 << 20) + b"\n", "not OBO", 5),
    "OWL with a tag left open": ((OPEN + "<owl:Class>\n" + CLOSE).encode(), "not OWL in RDF/XML", 6),
    "OWL not in UTF-8": ((OPEN + "<owl:Class rdf:about='x:y'><rdfs:label>\udcff</rdfs:label></owl:Class>" + CLOSE).encode(errors="surrogateescape"), "not OWL in RDF/XML", None),
    "Turtle": (b"@prefix a: <http://x/> .\na:b a:c a:d .\na:b a:c", "not OWL in Turtle", 3),
    "JSON that ends": (b'{"graphs":\n[{"nodes":\n[{', "not OBO Graphs JSON", 3),
    "JSON that is none": (b'{"graphs": [}', "not OBO Graphs JSON", 1),
    "JSON of something else": (b'{"a": [1, 2]}', "declares no class", None),
    "graphs of something else": (b'{"graphs": [{"nodes": ["x", {"id": 1}, {"id": "http://x/", "type": "CLASS", "meta": 3}], "edges": {"a": 1}, "meta": []}]}', "does not say which", None),
    "RDF without classes": ((OPEN + CLOSE).encode(), "declares no class", None),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words", "line"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_told_with_its_line(content: bytes, words: str, line: int | None, tmp_path: Path) -> None:
    path = write(tmp_path / "x", content)
    with pytest.raises(LinkError, match=words) as error:
        link(path, MAPPINGS)
    [problem] = error.value.problems
    assert problem.file == path
    if line is not None:
        assert problem.line == line


def test_a_bomb_is_not_read_out(tmp_path: Path) -> None:
    bomb = write(tmp_path / "x.obo.gz", gzip.compress(b"ontology: mondo\n" + b"! nothing\n" * 3_000_000))
    assert bomb.stat().st_size < 100_000
    result = run("link", "--ontology", bomb, "--max-gb", "0.01")
    assert (result.exit_code, result.stdout) == (4, "")
    assert f"more than {int(0.01 * 2**30)} bytes" in result.stderr
    assert "--max-gb" in result.stderr


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "x.obo", obo([Term("MONDO:0000001", "a")]))
    file = examine(path)
    write(path, obo([Term("MONDO:0000001", "another")]))
    with pytest.raises(LinkError, match="changed while it was read"):
        survey(file, PREFIXES)


def test_a_pipe_cannot_be_read_twice(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LinkError, match="cannot be read more than once"):
        examine(tmp_path / "pipe")


def test_bad_lines_that_nobody_asks_for_do_no_harm(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x",
        "ontology: mondo\n\n[Term]\nid: MONDO:0000001\nname: a\nxref: http://x.org/a\\:b/c.w\ncreation_date: yesterday\n",
    )
    assert terms_of(path) == {"MONDO:0000001": Term("MONDO:0000001", "a")}
    bad_iri = '<owl:Class rdf:about="http://purl.obolibrary.org/obo/MONDO_0000001"><rdfs:seeAlso rdf:resource="http://x/a b"/></owl:Class>'
    assert list(terms_of(write(tmp_path / "y", OPEN + bad_iri + CLOSE))) == ["MONDO:0000001"]


def test_mapping_sets_that_do_not_fit(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(OntologyError, match="holds no mapping set"):
        link(HERE / "mini.obo", tmp_path / "none")
    with pytest.raises(OntologyError, match="curie_map") as error:
        link(HERE / "mini.obo", mappings(tmp_path / "m", ("XYZ:1", "x")))
    assert error.value.problems[0].line is not None


# --- Memory ----------------------------------------------------------------------------------------------------------------

PEAK = """
import sys
from pathlib import Path
from avidity_loaders.link.linking import link
report = link(Path(sys.argv[1]), Path(sys.argv[2]))
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(report.classes, peak)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("writer", [obo, rdf_xml], ids=["obo", "owl"])
def test_a_large_file_does_not_fill_the_memory(writer, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    words = "made-up words of a synonym " * 50
    terms = [
        Term(
            f"MONDO:{8_000_000 + i}", f"made-up disease {i}", synonyms=(Synonym(f"{i} {words.strip()}", "exact"),),
            parents=(f"MONDO:{8_000_000 + i // 2}",) if i else (),
        )
        for i in range(45_000)
    ]  # fmt: skip
    path = write(tmp_path / "large", writer(terms))
    assert path.stat().st_size > 60_000_000
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(path), str(MAPPINGS)], check=True, capture_output=True, text=True
    )
    classes, peak_kb = map(int, done.stdout.split())
    assert classes == 45_000
    # 62 MB are the interpreter and its libraries. The text alone would be 60 more, and the terms as objects far more.
    assert peak_kb < 110_000


# --- What is added to a release -----------------------------------------------------------------------------------------

BELOW = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX av: <https://w3id.org/avidity/ontology#>
SELECT ?label WHERE {
  ?agent a av:Agent ; rdfs:label ?label ; skos:exactMatch/rdfs:subClassOf* <http://purl.obolibrary.org/obo/NCIT_%s>
} ORDER BY ?label"""


@pytest.fixture(scope="module")
def linked(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("linked") / "release"
    result = run("link", "--ontology", THESAURUS, "--add", "--release", release_folder, "--out", out)
    # The made-up Thesaurus lacks most of our ids: that is a fault, and is added nonetheless.
    assert result.exit_code == 4
    assert "written   7 terms of NCIT" in result.stderr
    return out


@pytest.mark.parametrize(
    ("code", "agents"),
    [
        ("C9000001", ["dabrafenib", "selumetinib", "trametinib"]),
        ("C9000002", ["selumetinib", "trametinib"]),
        ("C9000000", ["dabrafenib", "selumetinib", "trametinib"]),
        ("C9000009", []),
    ],
)
def test_every_agent_under_a_class_of_the_ontology(code: str, agents: list[str], linked: Path) -> None:
    result = run("query", "-", "--format", "csv", "--release", linked, stdin=BELOW % code)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == ["label", *agents]


def test_nothing_of_the_kind_is_in_the_release_as_built(release_folder: Path) -> None:
    result = run("query", "-", "--format", "csv", "--release", release_folder, stdin=BELOW % "C9000001")
    assert result.stdout == "label\n"


def lines(folder: Path, part: str = "") -> list[str]:
    packed = (folder / "dataset.nq.gz").read_bytes()
    return [line for line in gzip.decompress(packed).decode().splitlines() if part in line]


LINKED = "<https://w3id.org/avidity/graph/linked/"


def test_the_graph_says_where_it_comes_from(linked: Path, release_folder: Path) -> None:
    about = [line for line in lines(linked, LINKED + "ncit> .") if line.startswith(LINKED)]
    assert len(about) == 3
    assert any('"thesaurus.owl"' in line for line in about)
    assert any(f'"sha256:{examine(THESAURUS).sha256}"' in line for line in about)
    assert any('versionInfo> "30.01a"' in line for line in about)
    # All else is as it was, but for the description, which counts what is there.
    described = "<https://w3id.org/avidity/graph/dataset> ."
    kept = [line for line in lines(linked) if LINKED not in line and not line.endswith(described)]
    assert kept == [line for line in lines(release_folder) if not line.endswith(described)]


def test_the_manifest_is_true(linked: Path, release_folder: Path) -> None:
    before = json.loads((release_folder / "manifest.json").read_text())
    release = open_release(linked)  # checks every digest
    assert release.id != before["release"]
    assert release.manifest["counts"] == {**before["counts"], "quads": len(lines(linked))}
    assert set(release.files) == set(before["files"])
    entry = release.manifest["linked"]["NCIT"]
    assert (entry["terms"], entry["version"], entry["file"]) == (7, "30.01a", "thesaurus.owl")
    assert release.id.encode() in release.files["void.ttl"]
    assert (
        b"http-www.w3.org-2002-07-owl-Class" in release.files["void.ttl"] or b"owl-Class" in release.files["void.ttl"]
    )
    assert not is_stale(linked)


def test_no_triple_is_in_two_graphs(linked: Path) -> None:
    triples = Counter(line.rsplit(" <", 1)[0] for line in lines(linked))
    added = [line.rsplit(" <", 1)[0] for line in lines(linked, LINKED)]
    assert len(added) > 25
    assert [triple for triple in added if triples[triple] > 1] == []


def test_the_questions_have_the_same_answers(linked: Path, release: Release) -> None:
    asked = 0
    one, other = Engine(release.store), Engine(open_release(linked).store)
    names, names_after = Names(one), Names(other)
    for question in Catalogue(one).questions:
        given = {parameter.name: parameter.example for parameter in question.parameters}
        before = ask(question, bind(question, given, names), one)
        after = ask(question, bind(question, given, names_after), other)
        assert list(map(str, before)) == list(map(str, after)), question.name
        asked += 1
    assert asked == 67


def content(folder: Path) -> ReleaseContent:
    release = open_release(folder)
    return ReleaseContent(release.id, release.files, release.manifest)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_same_input_same_bytes(linked: Path, release_folder: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "avidity_service", "link", "--ontology", str(THESAURUS), "--add",
         "--release", str(release_folder), "--out", str(tmp_path / "again")],
        env={**os.environ, "PYTHONHASHSEED": "4321"}, capture_output=True,
    )  # fmt: skip
    assert files(tmp_path / "again") == files(linked)
    assert len(files(linked)) == 13


def test_a_second_ontology_keeps_the_first_and_the_same_again_replaces_it(linked: Path, tmp_path: Path) -> None:
    both = add_linked_terms(content(linked), link(HERE / "mini.ttl", MAPPINGS))
    write_release(both, tmp_path / "both")
    assert set(open_release(tmp_path / "both").manifest["linked"]) == {"NCIT", "MONDO"}
    assert lines(tmp_path / "both", LINKED + "ncit>") == lines(linked, LINKED + "ncit>")
    mondo = lines(tmp_path / "both", LINKED + "mondo> .")
    assert any("MONDO_0006382> <http://www.w3.org/2002/07/owl#deprecated>" in line for line in mondo)
    assert any('MONDO_9000001> <http://www.w3.org/2004/02/skos/core#altLabel> "Schilddr' in line for line in mondo)
    assert any(
        "MONDO_9000001> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <http://www.orpha.net/ORDO/Orphanet_100088>"
        in line
        for line in mondo
    )
    # Neither linked nor above what is linked.
    assert not any("MONDO_9000007" in line for line in mondo)

    newer = write(tmp_path / "mondo.obo", "ontology: mondo\n\n[Term]\nid: MONDO:0006468\nname: the new name\n")
    again = add_linked_terms(both, link(newer, MAPPINGS))
    write_release(again, tmp_path / "both")
    mondo = [line for line in lines(tmp_path / "both", LINKED + "mondo> .") if not line.startswith(LINKED)]
    assert len(mondo) == 2
    assert any('"the new name"' in line for line in mondo)
    assert lines(tmp_path / "both", LINKED + "ncit>") == lines(linked, LINKED + "ncit>")


def test_the_order_of_adding_makes_no_difference(release_folder: Path) -> None:
    one, two = link(THESAURUS, MAPPINGS), link(HERE / "mini.obo", MAPPINGS)
    base = content(release_folder)
    forth = add_linked_terms(add_linked_terms(base, one), two)
    back = add_linked_terms(add_linked_terms(base, two), one)
    assert forth == back


def report_without_terms(path: Path) -> LinkReport:
    return link(write(path, "ontology: mondo\n\n[Term]\nid: MONDO:0000009\nname: x\n"), MAPPINGS)


def test_nothing_to_add_writes_nothing(release_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="nothing to add"):
        add_linked_terms(content(release_folder), report_without_terms(tmp_path / "x"))
    result = run("link", "--ontology", tmp_path / "x", "--add", "--release", release_folder, "--out", tmp_path / "out")
    assert result.exit_code == 4
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "--ontology"),
        (["--ontology", "nosuchfile.obo"], 2, "nosuchfile.obo"),
        (["--ontology", str(THESAURUS), "--add"], 2, "--add needs --out"),
        (["--ontology", str(THESAURUS), "--out", "x"], 2, "go with --add"),
        (["--ontology", str(THESAURUS), "--format", "ttl"], 2, "ttl"),
        (["--ontology", str(THESAURUS), "--max-gb", "0"], 2, "max-gb"),
        (
            ["--ontology", str(THESAURUS), "--add", "--release", "/nosuchrelease", "--out", "x"],
            3,
            "There is no release",
        ),
        (["--ontology", str(THESAURUS), "--add", "--out", "/proc/avidity/x"], 4, "cannot be written"),
    ],
)
def test_exit_codes(
    arguments: list[str], code: int, words: str, release_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVIDITY_RELEASE", str(release_folder))
    result = run("link", *arguments)
    assert result.exit_code == code, result.output
    assert words in result.stderr


def test_rest_follows(linked: Path) -> None:
    client = create_app(open_release(linked), Settings()).test_client()
    below = client.get("/api/v1/resolve/NCIT:C9000002").get_json()["data"]["below"]
    assert [row["thing"]["id"] for row in below if row["thing"]["kind"] == "agent"] == ["selumetinib", "trametinib"]
    rows = client.get("/api/v1/findings?agent=NCIT:C9000002&measure=uptake-restored&limit=1000").get_json()["data"]
    assert len(rows) > 5
    both = [client.get(f"/api/v1/findings?agent={name}&measure=uptake-restored&limit=1000").get_json()["data"]
            for name in ("selumetinib", "trametinib")]  # fmt: skip
    assert {row["id"] for row in rows} == {row["id"] for found in both for row in found}
