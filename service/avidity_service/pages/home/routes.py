"""`/`, and `/dataset`, the name by which the release is cited."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from avidity_service.context import context
from avidity_service.negotiation import negotiate
from avidity_service.pages.downloads.files import files_of
from avidity_service.pages.formats import RDF_FORMATS
from avidity_service.pages.home.structured import dataset, signposts

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> Response:
    """The search box, questions with what their answers rest on, what this is and what is missing."""
    found = context()
    release, about = found.release, found.about
    manifest, files = release.manifest, files_of(release.manifest, about)
    described = dataset(
        release.id, str(manifest.get("version", "")), _description(manifest), about, files, request.host_url
    )
    page = render_template(
        "home.html", examples=found.examples, manifest=manifest, read=read(manifest), dataset=described,
    )  # fmt: skip
    return Response(page, headers={"Link": signposts(files)}, mimetype="text/html")


@blueprint.get("/dataset")
def cited() -> Any:
    """The dataset's own address: its description for programs, the home page for people."""
    best = negotiate(request.headers.get("Accept"), ["text/html", *RDF_FORMATS])
    return redirect("/.well-known/void" if best in RDF_FORMATS else "/", 303)


def read(manifest: dict[str, Any]) -> list[tuple[str, int, int]]:
    """For sentences, cells, words and numbers of the source: how many a fact cites or states, and of how many."""
    return [
        (what, sum(number for how, number in by.items() if how in ("cited", "stated")), sum(by.values()))
        for what, by in sorted(manifest.get("coverage", {}).items())
        if by
    ]


def _description(manifest: dict[str, Any]) -> str:
    counts = manifest["counts"]
    return (
        "The evidence on redifferentiation therapy in radioiodine-refractory thyroid cancer as one review tells it: "
        f"{counts.get('Study', 0)} studies and {counts.get('Finding', 0)} findings, each with the sentence that proves "
        "it, and with count and failures where the review prints them. It recommends nothing."
    )
