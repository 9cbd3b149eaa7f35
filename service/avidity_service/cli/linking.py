"""`link`: verdicts on standard output; with --add, a new release."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from avidity_service.cli.exits import EXIT_INVALID, EXIT_USAGE, fail, say
from avidity_service.cli.opening import open_for_reading
from avidity_service.cli.printing import print_table

if TYPE_CHECKING:
    from avidity_loaders.link.linking import LinkReport


@dataclass(frozen=True, slots=True)
class Addition:
    """Whether to add the linked terms, to which release (None: the default one), and where to write."""

    add: bool
    release: Path | None
    out: Path | None

    def __post_init__(self) -> None:
        if self.add and self.out is None:
            raise click.UsageError("--add needs --out: a folder for the new release")
        if not self.add and (self.out or self.release):
            raise click.UsageError("--release and --out go with --add")


def link(
    ontology: Path,
    prefixes: Sequence[str],
    format_: str,
    most_bytes: int,
    mappings: Path | None,
    addition: Addition,
) -> None:
    """Judge the links, print the verdicts, and add the terms where that is asked; faults end with exit code 4."""
    from avidity_loaders.errors import LoaderError, NothingToJudge
    from avidity_loaders.inputs import Inputs
    from avidity_loaders.link.linking import link as judge_links

    try:
        report = judge_links(ontology, mappings or Inputs.shipped().ontology / "mappings", prefixes, most_bytes, say)
        _print(report, format_)
        if addition.out is not None:
            _add(report, addition.release, addition.out)
    except NothingToJudge as error:
        fail(str(error), EXIT_USAGE)
    except LoaderError as error:
        fail(str(error), EXIT_INVALID)
    if report.has_faults:
        fail("Some links are obsolete, moved or missing. --format sssom proposes replacements.", EXIT_INVALID)


def _print(report: LinkReport, format_: str) -> None:
    from avidity_loaders.link import report as words
    from avidity_loaders.link.judging import Verdict

    for line in words.sentences(report):
        say(line)
    if format_ == "json":
        click.echo(json.dumps(words.records(report), ensure_ascii=False, indent=2))
    elif format_ == "sssom":
        click.echo(words.proposal(report), nl=False)
    elif format_ == "csv":
        print_table(words.COLUMNS, words.rows(report.judged), format_)
    elif shown := [one for one in report.judged if one.verdict is not Verdict.OK]:
        print_table(words.COLUMNS, words.rows(shown), format_)


def _add(report: LinkReport, release: Path | None, out: Path) -> None:
    from avidity_loaders.link.adding import add_linked_terms
    from avidity_loaders.release import ReleaseContent, write_release

    opened = open_for_reading(release)
    added = add_linked_terms(ReleaseContent(opened.id, opened.files, opened.manifest), report)
    write_release(added, out.absolute())
    terms = sum(len(kept) for kept in report.kept.values())
    say(f"written   {terms} terms of {', '.join(report.owned)} in release {added.id} → {out}")
