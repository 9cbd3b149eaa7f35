"""The build: assemble (read, prove, account, convert, derive, infer), check, write."""

from __future__ import annotations

from pathlib import Path

from avidity_loaders.assembling import Say, assemble, quietly
from avidity_loaders.checks import check_dataset
from avidity_loaders.errors import ReleaseError
from avidity_loaders.inputs import Inputs
from avidity_loaders.packing import release_content
from avidity_loaders.release import ReleaseContent, write_release
from avidity_loaders.released import gone


def build(inputs: Inputs, out: Path, say: Say = quietly, *, with_store: bool | None = None) -> ReleaseContent:
    """Make the release and put it at `out`; on any error the release that is there stays as it is.

    `with_store` adds the dataset as a store on disk; None does so where it is large.

    Raises:
        LoaderError: with every problem that the failing step found.
    """
    release = make(inputs, say)
    write_release(release, out, with_store=with_store)
    say(f"written   release {release.id} → {out}")
    return release


def make(inputs: Inputs, say: Say = quietly) -> ReleaseContent:
    """The release as bytes, without writing anything."""
    assembled = assemble(inputs, say)
    report = check_dataset(assembled.quads, inputs.ontology)
    lost = gone(assembled.quads, inputs.ontology / "released")
    if lost:
        raise ReleaseError(lost)
    say(f"checked   {report.summary}")
    return release_content(assembled, inputs, report)
