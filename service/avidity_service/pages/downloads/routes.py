"""`/downloads`, and the citation as a file; the files themselves are at `/downloads/<name>`."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from avidity_service.context import context
from avidity_service.pages.downloads.citing import Cited, bibtex, cff
from avidity_service.pages.downloads.files import files_of

blueprint = Blueprint("downloads", __name__)


@blueprint.get("/downloads")
def downloads() -> str:
    """Every file with its size, digest, media type, licence and purpose, and how to cite the release."""
    found = context()
    cited, manifest = _cited(), found.release.manifest
    files = files_of(manifest, found.about)
    return render_template(
        "downloads.html", files=files, cited=cited, bibtex=bibtex(cited), manifest=manifest,
        total=sum(file.bytes for file in files),
    )  # fmt: skip


@blueprint.get("/downloads/CITATION.cff")
def citation() -> Response:
    """How to cite this release, for reference managers and repositories."""
    return Response(cff(_cited()), content_type="text/yaml; charset=utf-8")


def _cited() -> Cited:
    found = context()
    return Cited(found.release.id, str(found.release.manifest.get("version", "")), found.about)
