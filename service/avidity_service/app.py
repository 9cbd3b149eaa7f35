"""The application: a function of a release and settings, the only wiring there is."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from flask import Flask, Response, current_app, request

from avidity_service import health
from avidity_service.context import KEY, Context, context
from avidity_service.contract import routes as contract
from avidity_service.core import Core
from avidity_service.errors import QueryError
from avidity_service.front.layer import Front
from avidity_service.front.serving import Served
from avidity_service.front.within import REFUSAL
from avidity_service.headers import STANDARD
from avidity_service.metrics import Metrics
from avidity_service.pages import routes as pages
from avidity_service.pages import search as search_page
from avidity_service.pages.answer import routes as answer
from avidity_service.pages.downloads import routes as downloads
from avidity_service.pages.evidence import routes as evidence
from avidity_service.pages.evidence_map import routes as evidence_map_page
from avidity_service.pages.frame import frame
from avidity_service.pages.home import routes as home
from avidity_service.pages.methods import routes as methods
from avidity_service.pages.ontology import routes as ontology
from avidity_service.pages.things import routes as things
from avidity_service.problems import handle_problems
from avidity_service.release import Release
from avidity_service.rest import evidence_map, synthesis
from avidity_service.rest import links as rest_links
from avidity_service.rest import routes as rest
from avidity_service.rest import search as rest_search
from avidity_service.settings import Settings
from avidity_service.sparql import routes as sparql
from avidity_service.sparql.pool import Pool
from avidity_service.store.opening import open_store

BLUEPRINTS = (
    health.blueprint,
    contract.blueprint,
    rest_links.blueprint,
    rest_search.blueprint,
    evidence_map.blueprint,
    synthesis.blueprint,
    rest.blueprint,
    sparql.blueprint,
    ontology.blueprint,
    search_page.blueprint,
    home.blueprint,
    methods.blueprint,
    evidence_map_page.blueprint,
    downloads.blueprint,
    evidence.blueprint,
    answer.blueprint,
    pages.blueprint,
    things.blueprint,
)


def create_app(release: Release, settings: Settings) -> Flask:
    """The service for one release, with its front: what Flask's test client asks, or another WSGI server runs."""
    metrics = Metrics()
    served = serve(release, settings, metrics)
    served.app.wsgi_app = Front(served, settings, metrics)  # type: ignore[method-assign]
    return served.app


def serve(release: Release, settings: Settings, metrics: Metrics, *, pool: Pool | None = None) -> Served:
    """A release with what most requests need, and its application."""
    context = make_context(release, settings, metrics, pool=pool)
    app = over(context)
    return Served(context, lambda: app)


def make_app(release: Release, settings: Settings, metrics: Metrics) -> Flask:
    """What stands behind the front: routes over one release."""
    return over(make_context(release, settings, metrics))


def over(core: Core) -> Flask:
    """The application over what is there of a release."""
    context = core if isinstance(core, Context) else Context(*core.parts)
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions[KEY] = context
    handle_problems(app)
    app.context_processor(frame)
    app.jinja_env.filters["urlencode_all"] = partial(urlencode, doseq=True)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(_refuse)
    app.after_request(_headers)
    app.after_request(_prove)  # the last one is called first
    return app


def make_context(
    release: Release,
    settings: Settings,
    metrics: Metrics | None = None,
    *,
    pool: Pool | None = None,
) -> Context:
    """Everything that is made once for a release; `pool` as for `open_store`."""
    metrics = metrics or Metrics()
    engine, asked = open_store(release, settings, metrics, pool=pool)
    context = Context(release, settings, engine, asked, metrics)
    context.read_all()
    return context


def _refuse() -> None:
    """Put into words what the front does not let pass."""
    refusal = request.environ.get(REFUSAL)
    if isinstance(refusal, QueryError):
        raise refusal


def _prove(response: Response) -> Response:
    """Say nothing about a release that was read from something else, be it kept in memory since; a 404 says much, too.

    What the store's faults say is of no release, and what the service says of itself must be told in any case. A fault
    of ours (500) may come from half an upload.
    """
    if response.status_code > 500 or request.blueprint == health.blueprint.name or request.endpoint == "static":
        return response
    try:
        context().engine.prove()
    except QueryError as error:
        return current_app.make_response(current_app.handle_user_exception(error))
    return response


def _headers(response: Response) -> Response:
    for name, value in STANDARD:
        response.headers.setdefault(name, value)
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET")
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Accept, If-None-Match"
    return response
