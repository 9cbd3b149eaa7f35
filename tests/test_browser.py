"""Debian's Chromium opens every kind of page under a host name that is not localhost, where one leak once showed only.

Asserted of each: no outside request, nothing on the console, no report of the Content Security Policy, no violation that
axe finds, light or dark, and no sideways scrolling at 320 pixels. Pictures of all pages stay in the test output folder.
The service is a process of its own, so what is loaded is what clients load: compressed, kept, with all headers.
"""

from __future__ import annotations

import http.client
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from avidity_service.release import Release

from tests.browser.chromium import Chromium
from tests.browser.page import Page
from tests.conftest import Need
from tests.service.running import Running, running

HOST = "avidity.test"
NRAS = "/questions/agents-for-genotype?alteration=NRAS"
PAGES = {
    "home": "/",
    "search": "/search?q=nras",
    "search-empty": "/search?q=zzzzzz",
    "evidence-map": "/evidence-map",
    "evidence-map-cell": "/evidence-map?row=dabrafenib&column=braf-mutation",
    "question": NRAS,
    "question-failures": "/questions/failures-for-genotype?alteration=BRAF",
    "question-form": "/questions/agents-for-genotype",
    "question-without-counts": "/questions/mutation-to-nis",
    "question-unknown": "/questions/agents-for-genotype?alteration=NRSA",
    "study": "/study/ho-2013",
    "study-leboulleux": "/study/leboulleux-2023-braf",
    "source": "/source",
    "source-passage": "/source?passage=12916-13005",
    "discrepancies": "/discrepancies",
    "sparql": "/sparql",
    "api-docs": "/api/docs",
    "ontology": "/ontology",
    "downloads": "/downloads",
    "methods": "/methods",
    "not-found": "/agent/nothing",
}
# A page of each kind of thing that has one; studies are above.
KINDS = (
    "adverse-event-term", "agent", "alteration", "assessment", "case", "case-event", "cohort", "collection-query",
    "component", "composition", "concept", "criterion", "definition", "derived-finding", "discrepancy",
    "discrepancy-side", "dosing-frequency", "eligibility", "finding", "gene", "genotype-evidence", "harm-rate",
    "histology", "identifier", "imaging-method", "mapping", "measure", "mechanism", "open-question", "passage",
    "pathway", "process", "protein", "quantity", "question", "radioiodine-therapy", "radionuclide", "regimen",
    "relation", "route", "severity-grade", "source", "statement", "statistic", "stimulation", "study-design",
    "table-row", "unit", "vocabulary",
)  # fmt: skip
# Of these several are opened in full; the rest is one template, so a look at width and faults is enough.
_IN_FULL = ("agent", "alteration", "mechanism", "gene", "measure", "cohort", "finding", "adverse-event-term", "passage")
_MOST_BYTES = 150_000
# What the browser itself says of a page that answers 404 or 422, as it should, and of a file that is saved over HTTP.
_EXPECTED = re.compile(
    r"log: (Failed to load resource: the server responded with a status of (404|422) |The file at 'blob:.*insecure)"
)


@pytest.fixture(scope="module")
def service(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(release_folder, tmp_path_factory.mktemp("browsed"), "--workers", "2") as found:
        yield found


@pytest.fixture(scope="module")
def home(service: Running) -> str:
    """Scheme, host and port of the service, by the mapped name."""
    return f"http://{HOST}:{service.port}"


@pytest.fixture(scope="module")
def browser(need: Need, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    found = Chromium(need("chromium"), tmp_path_factory.mktemp("profile"), {HOST: "127.0.0.1"})
    yield found
    found.close()


@pytest.fixture
def page(browser: Chromium, home: str) -> Iterator[Page]:
    found = Page(browser, home)
    yield found
    found.close()


@pytest.fixture
def plain(browser: Chromium, home: str) -> Iterator[Page]:
    """A tab in which no script runs."""
    found = Page(browser, home, scripts=False)
    yield found
    found.close()


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures are kept: AVIDITY_TEST_OUTPUT, or pytest's folder."""
    named = os.environ.get("AVIDITY_TEST_OUTPUT")
    folder = Path(named) / "pages" if named else tmp_path_factory.mktemp("pages")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def faults(page: Page) -> list[str]:
    return [fault for fault in page.seen.faults if not _EXPECTED.match(fault)]


def examine(page: Page, path: str, name: str, output: Path, *, whole: bool = True) -> None:
    page.open(path)
    if whole:
        page.screenshot(output / f"{name}.png")
        assert page.violations() == []
        page.prefer(color_scheme="dark")
        assert page.violations("color-contrast") == []
    page.resize(320)
    if whole:
        page.screenshot(output / f"{name}-narrow-dark.png")
    assert page.too_wide() == []
    assert faults(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str, page: Page, output: Path) -> None:
    examine(page, PAGES[name], name, output)


def first_of(kind: str, release: Release) -> str:
    """The address of the first thing of a kind, by its IRI."""
    start = f"https://w3id.org/avidity/{kind}/"
    rows = release.store.query(
        f'SELECT ?s {{ GRAPH ?g {{ ?s a ?c }} FILTER(STRSTARTS(STR(?s), "{start}")) }} ORDER BY ?s'
    )
    assert isinstance(rows, ox.QuerySolutions)
    return "/" + str(next(iter(rows))[0].value).removeprefix("https://w3id.org/avidity/")


def test_a_thing_of_every_kind(page: Page, release: Release, output: Path) -> None:
    looked = 0
    for kind in KINDS:
        path = first_of(kind, release)
        page.resize(1200)
        page.prefer(color_scheme="light")
        try:
            examine(page, path, f"thing-{kind}", output, whole=kind in _IN_FULL)
        except AssertionError as error:
            raise AssertionError(f"{path}: {error}") from error
        looked += 1
    assert looked == len(KINDS) == 49


@pytest.mark.parametrize("name", [name for name in PAGES if name != "sparql"])
def test_the_first_load_is_small(name: str, page: Page) -> None:
    page.call("Network.clearBrowserCache")
    page.call("Network.setCacheDisabled", cacheDisabled=True)
    page.open(PAGES[name])
    page.browser.settle(0.2)
    assert page.seen.bytes
    assert sum(page.seen.bytes.values()) < _MOST_BYTES, page.seen.bytes


def text(page: Page, selector: str) -> str:
    found = page.ask(f"document.querySelector({selector!r})?.textContent ?? ''")
    return " ".join(str(found).split())


def follow(page: Page, selector: str) -> None:
    """Click a link and wait for its page."""
    page.loaded = False
    page.click(selector)
    page.wait_for_load()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_walk_from_search_to_the_sentence_and_back(scripts: bool, browser: Chromium, home: str) -> None:
    page = Page(browser, home, scripts=scripts)
    try:
        page.open("/")
        page.loaded = False
        page.ask(
            "(() => { const box = document.querySelector('main input[name=q]'); box.value = 'NRAS'; box.form.requestSubmit(); })()"
        )
        page.wait_for_load()
        follow(page, 'main .hits a[href="/alteration/nras-mutation"]')
        follow(page, 'main a[href^="/questions/agents-for-genotype"]')
        assert "5 of 5 patients with NRAS mutation" in text(page, ".summary")
        follow(page, 'main a[href="/study/ho-2013"]')
        assert text(page, "h1") == "Ho et al. 2013"
        follow(page, "main a.where")
        chosen = text(page, "mark.chosen, .chosen mark, [aria-current] mark, .chosen")
        assert chosen
        # The chosen sentence is in the window, not only in the page.
        top = page.ask("(document.querySelector('mark.chosen, .chosen') ?? document.body).getBoundingClientRect().top")
        assert 0 <= float(top) < 900
        page.back()
        assert text(page, "h1") == "Ho et al. 2013"
        assert faults(page) == []
    finally:
        page.close()


def test_suggestions_are_chosen_by_keyboard(page: Page) -> None:
    page.open("/")
    page.ask("document.querySelector('main input[name=q]').focus()")
    page.call("Input.insertText", text="nra")
    page.until("document.querySelector('[role=listbox] [role=option]')")
    page.press("ArrowDown", 40)
    assert page.ask("document.activeElement.getAttribute('aria-activedescendant')")
    page.loaded = False
    page.press("Enter", 13)
    page.wait_for_load()
    assert page.ask("location.pathname").startswith("/alteration/")
    assert faults(page) == []


def test_a_cell_of_the_map_opens_in_place_and_has_the_focus(page: Page) -> None:
    page.open("/evidence-map")
    page.ask("window.stayed = true; document.querySelector('td a[href*=\"column=nras-mutation\"]').click()")
    page.until(
        "location.search.includes('column=nras-mutation') && document.querySelector('#evidence')?.textContent.includes('Ho et al. 2013')"
    )
    assert page.ask("window.stayed === true")  # swapped, not loaded anew
    assert faults(page) == []


def test_the_csv_behind_a_page_is_that_of_the_service(page: Page, service: Running) -> None:
    page.open(NRAS)
    address = page.ask(
        "[...document.querySelectorAll('a')].find((one) => one.textContent === 'CSV').getAttribute('href')"
    )
    loaded = page.ask(f"fetch({address!r}).then((answer) => answer.text())")
    status, headers, body = service.get(str(address))
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/csv")
    assert loaded == body.decode()
    assert loaded.count("Ho et al. 2013") >= 1


@pytest.mark.parametrize("path", [
    "/search?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "/search?q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "/agent/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/questions/agents-for-genotype?alteration=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "/evidence-map?row=%3Cscript%3Ealert(1)%3C%2Fscript%3E&column=x", "/search?q=" + "w" * 290, "/search?q=%E2%80%AEabc",
    "/source?passage=%3Cscript%3E", "/discrepancies?study=%22onmouseover%3Dalert(1)",
])  # fmt: skip
def test_hostile_words_are_shown_as_text(path: str, page: Page) -> None:
    dialogs: list[str] = []
    hear = page.browser.listeners[page.session]

    def listen(event: str, told: dict[str, object]) -> None:
        if event == "Page.javascriptDialogOpening":
            dialogs.append(str(told))
        hear(event, told)

    page.browser.listeners[page.session] = listen
    page.open(path)
    page.resize(320)
    assert page.too_wide() == []
    assert page.ask("document.querySelectorAll('main script, main img').length") == 0
    assert dialogs == []
    assert faults(page) == []


@pytest.fixture
def editor(page: Page) -> Page:
    page.open("/sparql")
    page.until("document.querySelector('.yasqe .CodeMirror')")
    return page


def write(page: Page, query: str) -> None:
    page.ask(f"document.querySelector('.yasqe .CodeMirror').CodeMirror.setValue({query!r})")


def run(page: Page) -> None:
    page.ask("document.querySelector('.yasqe .yasqe_queryButton').click()")


def taken(page: Page, format_: str) -> str:
    """What a button under the editor saves, with the name of the file before it."""
    found = page.ask(
        f"""new Promise((resolve) => {{
          const make = URL.createObjectURL;
          URL.createObjectURL = (blob) => {{ blob.text().then(resolve); URL.createObjectURL = make; return make(blob); }};
          document.querySelector('#taken button[data-format="{format_}"]').click();
        }})"""
    )
    return str(found)


def post(service: Running, query: str, format_: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    body = urlencode({"query": query, "format": format_})
    connection.request("POST", "/sparql", body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    assert answer.status == 200
    said = answer.read().decode()
    connection.close()
    return said


def test_a_graph_is_saved_as_a_graph_and_terms_lead_to_the_ontology_here(editor: Page, service: Running) -> None:
    query = "PREFIX av: <https://w3id.org/avidity/ontology#> CONSTRUCT { ?s a ?c } WHERE { ?s a ?c , av:Study } LIMIT 3"
    write(editor, query)
    run(editor)
    editor.until("!document.querySelector('#taken').hidden")
    assert editor.ask("[...document.querySelectorAll('#taken button:not([hidden])')].map((one) => one.dataset.format)") == [
        "ttl", "nt", "jsonld"]  # fmt: skip
    assert taken(editor, "ttl") == post(service, query, "ttl")
    assert editor.until("document.querySelector('#results a[href=\"/ontology#Study\"]')")
    # A query that is long as an address can be saved too.
    write(editor, "SELECT (1 AS ?one) {} #" + "é" * 20_000)
    run(editor)
    editor.until(
        "document.querySelector('#taken button[data-format=csv]:not([hidden])') && !document.querySelector('#taken').hidden"
    )
    assert taken(editor, "csv").split() == ["one", "1"]
    assert faults(editor) == []


def test_an_example_runs_in_the_editor_with_labels_and_can_be_taken(editor: Page, service: Running) -> None:
    button = (
        "[...document.querySelectorAll('details')].find((one) => one.textContent.includes('Which agents restored'))"
    )
    editor.ask(f"{button}.querySelector('button').click()")
    editor.until(
        "document.querySelector('#results td') && document.querySelector('#said').textContent.startsWith('Answered')"
    )
    assert "5" in text(editor, "#results table")
    # A thing of ours is shown by its label and leads to its page here.
    link = editor.until(
        "[...document.querySelectorAll('#results a.iri')].find((one) => one.title && !one.textContent.includes('w3id'))?.getAttribute('href')"
    )
    assert str(link).startswith("/")
    assert service.get(str(link))[0] == 200
    assert "query=" in editor.ask("location.hash")
    # Another text in the editor changes nothing of what was asked.
    asked = editor.ask("document.querySelector('.yasqe .CodeMirror').CodeMirror.getValue()")
    write(editor, "SELECT 1")
    assert taken(editor, "csv") == post(service, str(asked), "csv")
    assert "Ho et al. 2013" in taken(editor, "csv")
    assert editor.violations() == []
    assert faults(editor) == []


def test_a_shared_address_runs_its_query(page: Page) -> None:
    page.open("/sparql#query=" + quote("SELECT (6 * 7 AS ?answer) {}"))
    page.until("document.querySelector('#results td')?.textContent.includes('42')")
    assert faults(page) == []


def test_an_error_in_the_editor_shows_line_and_caret(editor: Page) -> None:
    write(editor, "SELECT ?s WHERE {\n  ?s ?p ?o .\n  FILTRE(?o)\n}")
    run(editor)
    editor.until("!document.querySelector('#problem').hidden")
    said = str(editor.ask("document.querySelector('#problem').textContent"))
    assert "Line 3" in said
    assert "^" in str(editor.ask("document.querySelector('#problem pre').textContent"))
    assert editor.ask("document.querySelector('.yasqe .CodeMirror').CodeMirror.getCursor().line") == 2
    write(editor, "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }")
    run(editor)
    editor.until("document.querySelector('#problem').textContent.includes('SERVICE is not allowed')")
    # The browser itself notes the statuses, and nothing else is on the console.
    assert [
        fault for fault in editor.seen.faults if "status of 400" not in fault and "status of 403" not in fault
    ] == []


def test_completions_come_from_the_endpoint_itself(editor: Page) -> None:
    write(editor, "PREFIX av: <https://w3id.org/avidity/ontology#>\nSELECT * { ?s a av:Find }")
    code = "document.querySelector('.yasqe .CodeMirror').CodeMirror"
    editor.ask(f"{code}.focus(); {code}.setCursor({{line: 1, ch: 23}})")
    editor.press(" ", 32, modifiers=2)
    editor.until("document.querySelector('.CodeMirror-hints')?.textContent.includes('Finding')")
    editor.browser.settle(0.3)
    assert editor.seen.outside == []


@pytest.mark.parametrize(
    "value", ['"<script>alert(1)</script>"', "<javascript:alert(1)>", '"<img src=x onerror=alert(1)>"']
)
def test_hostile_results_are_shown_as_text(value: str, editor: Page) -> None:
    write(editor, f"SELECT ({value} AS ?a) {{}}")
    run(editor)
    editor.until("document.querySelector('#results td')")
    editor.browser.settle(0.3)
    assert "alert(1)" in text(editor, "#results td")
    assert editor.ask("document.querySelectorAll('#results img, #results script').length") == 0
    assert (
        editor.ask(
            "[...document.querySelectorAll('#results a')].filter((one) => one.protocol === 'javascript:').length"
        )
        == 0
    )
    # The vendored sanitiser parses what looks like HTML, in a document where nothing runs; the browser reports even that.
    assert [fault for fault in faults(editor) if "onerror" not in value or "inline" not in fault.lower()] == []


def test_without_scripts_the_form_answers(plain: Page) -> None:
    plain.open("/sparql")
    assert plain.ask("document.querySelector('.yasqe')") is None
    assert plain.ask("getComputedStyle(document.querySelector('form.query')).display") == "grid"
    plain.ask("document.querySelector('textarea[name=query]').value = 'SELECT (6 * 7 AS ?answer) {}'")
    plain.loaded = False
    plain.ask("document.querySelector('form.query').requestSubmit()")
    plain.wait_for_load()
    assert "42" in text(plain, "body")
    assert faults(plain) == []


@pytest.mark.parametrize(
    "path", ["/evidence-map", NRAS, "/source?passage=12916-13005", "/study/ho-2013", "/search?q=nras"]
)
def test_without_scripts_pages_are_whole(path: str, plain: Page) -> None:
    plain.open(path)
    assert len(text(plain, "main")) > 300
    assert faults(plain) == []
