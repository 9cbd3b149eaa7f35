"""Claims that do not hold: each is a clear error that names file, line, claim and cure, and the old release stays."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from avidity_loaders.build import build, make
from avidity_loaders.claims import StudyFile, TopicFile, json_schema, read_claims
from avidity_loaders.errors import ClaimsError, LoaderError
from avidity_loaders.inputs import Inputs
from avidity_service.cli import main
from click.testing import CliRunner

Seeds = Callable[[str, str, str], Inputs]


@pytest.fixture
def seeds(tmp_path: Path, inputs: Inputs) -> Seeds:
    """A copy of the seeds with one replacement in one claims file."""

    def change(name: str, old: str, new: str) -> Inputs:
        folder = tmp_path / "seeds"
        shutil.copytree(inputs.seeds, folder)
        path = folder / "claims" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return replace(inputs, seeds=folder)

    return change


def tree(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()
    }


BROKEN = [
    ("a changed character in a quote", "ho-2013.yaml", '["all five patients with NRAS mutations"]', '["all five patients with NRAS mutatoins"]',
     ["ho-2013.yaml:", "cohort/ho-2013/nras", "nearest text there", "all five patients with NRAS mutations"]),
    ("a quote that stands there twice", "ho-2013.yaml", '["four out of nine patients with BRAF mutations"]', '["patients with BRAF mutations"]',
     ["ho-2013.yaml:", "cohort/ho-2013/braf", "stands 2 times", "occurrence: 1 to 2"]),
    ("a changed word in a quote", "ho-2013.yaml", "60% of evaluated patients (12 out of 20)", "60% of evaluated patients (12 of 20)",
     ["ho-2013.yaml:", "finding/ho-2013/evaluated/uptake-restored", "nearest text there", "60% of evaluated patients (12 out of 20)"]),
    ("a dash of another kind", "weber-2022.yaml", "300.0 (273.0–421.6)", "300.0 (273.0-421.6)", ["weber-2022.yaml:", "'-'", "'–'"]),
    ("a changed count", "ho-2013.yaml", "count: 12\n", "count: 13\n",
     ["ho-2013.yaml:", "finding/ho-2013/evaluated/uptake-restored", "does not hold the count 13", "the quote holds: 60 (%), 12 (count), 20 (count)"]),
    ("a changed dose", "ho-2013.yaml", "value: 75, unit: mg", "value: 57, unit: mg", ["regimen/ho-2013/selumetinib", "57 mg"]),
    ("another unit", "ho-2013.yaml", "value: 4, unit: week", "value: 4, unit: month", ["regimen/ho-2013/selumetinib", "4 month"]),
    ("another frequency", "ho-2013.yaml", "frequency: twice daily", "frequency: once daily", ["frequency", "regimen/ho-2013/selumetinib"]),
    ("another comparator", "ho-2013.yaml", "comparator: ≥", "comparator: ≤", ["does not hold the quantity ≤20 Gy"]),
    ("a count that is really the denominator", "ho-2013.yaml", "count: 12\n", "count: 20\n", ["both 20", "says 20 once", "not that it was everyone"]),
    ("a count of another category", "burman.yaml", "count: 8\n", "count: 3\n", ["57 % is not 3 of 14 (21.43 %)", "as_printed"]),
    ("another study's sentence", "ho-2013.yaml", '"The study demonstrated that 60% of evaluated patients (12 out of 20) showed restored radioiodine uptake."', '"The study demonstrated that 60% of evaluated patients (12 out of 20) showed restored radioiodine uptake.", "new or increased radioiodine uptake in six out of ten patients"',
     ["ho-2013.yaml:", "finding/ho-2013/evaluated/uptake-restored", "stands where the text speaks of dunn-2019", "`mentioned`"]),
    ("another study's row of the table", "ho-2013.yaml", '2 days after 131-I therapy with rhTSH stimulation."]', '2 days after 131-I therapy with rhTSH stimulation.", "Trametinib 2 mg daily in BRAF-WT for 21 ± 3 days"]',
     ["regimen/ho-2013/selumetinib-table", "speaks of weber-2022"]),
    ("a grade that is not there", "ho-2013.yaml", "grade: 3\n", "grade: 2\n", ["does not hold the grade 2"]),
    ("another genotype", "ho-2013.yaml", "    alteration: nras-mutation\n", "    alteration: braf-v600e\n", ["cohort/ho-2013/nras", "V600E"]),
    ("an unknown agent", "ho-2013.yaml", "agent: selumetinib, dose", "agent: selumetinb, dose",
     ["ho-2013.yaml:", "unknown agent 'selumetinb'", "did you mean selumetinib", "ontology/vocabulary/"]),
    ("an unknown cohort", "ho-2013.yaml", "part_of: evaluated", "part_of: evaluatd", ["unknown cohort 'evaluatd'", "did you mean evaluated"]),
    ("an unknown measure", "ho-2013.yaml", "measure: uptake-restored", "measure: uptake-restord", ["unknown measure", "uptake-restored"]),
    ("another measure", "burman.yaml", "measure: threshold-met", "measure: uptake-restored", ["measure: the quote does not say", "finding/burman/ras/uptake-restored"]),
    ("another response", "burman.yaml", "measure: partial-response\n", "measure: complete-response\n", ["'CR'"]),
    ("a duplicate finding", "ho-2013.yaml", "measure: threshold-met", "measure: uptake-restored",
     ["ho-2013.yaml:", "finding/ho-2013/evaluated/uptake-restored", "used already in this file"]),
    ("a duplicate study", "dunn-2019.yaml", "slug: dunn-2019", "slug: ho-2013", ["study/ho-2013", "used already in dunn-2019.yaml"]),
    ("a count above its denominator", "ho-2013.yaml", "count: 12\n", "count: 21\n", ["count 21 is greater than denominator 20"]),
    ("a key that the schema does not have", "ho-2013.yaml", "count: 12\n", "counts: 12\n", ["counts", "ho-2013.yaml:", "claims.schema.json"]),
    ("a count in quotation marks", "ho-2013.yaml", "count: 12\n", 'count: "12"\n', ["count", "valid integer"]),
    ("a percentage above 100", "ho-2013.yaml", "percentage: 60\n", "percentage: 160\n", ["less than or equal to 100", "found 160"]),
    ("no quotes at all", "ho-2013.yaml", 'quotes: ["Notably, all treated patients showed a reduction in DTC lesion size"]', "quotes: []",
     ["at least 1 item", "ho-2013.yaml:"]),
    ("a file that is not YAML", "ho-2013.yaml", "study:\n", "study: [\n", ["ho-2013.yaml:", "not YAML"]),
    ("a key given twice", "ho-2013.yaml", "  reference: 19\n", "  reference: 19\n  reference: 20\n", ["ho-2013.yaml:", "not YAML", "reference"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "old", "new", "words"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_broken_claims(
    name: str, old: str, new: str, words: list[str], seeds: Seeds, release_folder: Path, tmp_path: Path
) -> None:
    place = tmp_path / "release"
    shutil.copytree(release_folder, place)
    before = tree(place)
    with pytest.raises(LoaderError) as error:
        build(seeds(name, old, new), place)
    for word in words:
        assert word in str(error.value)
    assert tree(place) == before
    assert [path.name for path in tmp_path.iterdir() if "unfinished" in path.name] == []


def test_line_numbers_are_those_of_the_file(seeds: Seeds) -> None:
    changed = seeds("ho-2013.yaml", "count: 12\n", "count: 13\n")
    lines = (changed.seeds / "claims" / "ho-2013.yaml").read_text(encoding="utf-8").splitlines()
    line = next(i for i, text in enumerate(lines, 1) if text.strip() == "count: 13")
    with pytest.raises(ClaimsError) as error:
        make(changed)
    assert [problem.line for problem in error.value.problems] == [
        line,
        line + 2,
    ]  # the count, and the percentage that no longer fits it


def test_all_problems_are_reported_at_once(seeds: Seeds) -> None:
    changed = seeds("ho-2013.yaml", "count: 12\n", "count: 13\n")
    path = changed.seeds / "claims" / "dunn-2019.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("enrolled: 12", "enrolled: 15"), encoding="utf-8")
    with pytest.raises(ClaimsError) as error:
        make(changed)
    assert {problem.file.name for problem in error.value.problems if problem.file} == {"ho-2013.yaml", "dunn-2019.yaml"}


def test_not_utf8(seeds: Seeds) -> None:
    changed = seeds("ho-2013.yaml", "count: 12\n", "count: 12\n")
    (changed.seeds / "claims" / "ho-2013.yaml").write_bytes(b"study: \xff\n")
    with pytest.raises(ClaimsError, match="not UTF-8"):
        make(changed)


def test_no_claims_at_all(tmp_path: Path) -> None:
    with pytest.raises(ClaimsError, match="no claims file"):
        read_claims(tmp_path)


def test_the_command_says_it_and_leaves_with_4(seeds: Seeds, tmp_path: Path) -> None:
    changed = seeds("ho-2013.yaml", "count: 12\n", "count: 13\n")
    run = CliRunner().invoke(main, ["build", "--seeds", str(changed.seeds), "--out", str(tmp_path / "out")])
    assert run.exit_code == 4
    assert "does not hold the count 13" in run.stderr
    assert not (tmp_path / "out").exists()


def test_the_schema_for_editors_is_that_of_the_models(inputs: Inputs) -> None:
    assert (inputs.seeds / "claims.schema.json").read_text(encoding="utf-8") == json_schema(StudyFile)
    assert (inputs.seeds / "topic.schema.json").read_text(encoding="utf-8") == json_schema(TopicFile)


def test_every_study_that_the_review_discusses_has_a_file(inputs: Inputs) -> None:
    contents = [file.content for file in read_claims(inputs.seeds / "claims")]
    references = sorted(content.study.reference for content in contents if isinstance(content, StudyFile))
    assert references == [4, *range(18, 34)]
    topics = sorted(content.slug for content in contents if isinstance(content, TopicFile))
    assert topics == [
        "background",
        "conclusions",
        "definitions",
        "figures",
        "harms",
        "management",
        "mechanisms",
        "outlook",
    ]
