// The editor on the SPARQL page: vendored Yasqe and Yasr, asking nobody but this endpoint. Without it the form stays.
"use strict";
(() => {
  const form = document.querySelector("form.query");
  if (!form || typeof Yasqe === "undefined") return;
  const endpoint = location.origin + location.pathname.replace(/\/$/, "");
  const here = "https://w3id.org/avidity/";
  const said = document.querySelector("#said");
  const problem = document.querySelector("#problem");
  const taken = document.querySelector("#taken");
  const prefixes = JSON.parse(document.querySelector("#prefixes").textContent);

  const rowsOf = async (query) => {
    const answer = await fetch(`${endpoint}?query=${encodeURIComponent(query)}`, {
      headers: { Accept: "application/sparql-results+json" },
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return (await answer.json()).results.bindings;
  };

  // Completions from the endpoint's own description, instead of services elsewhere.
  const terms = (kind) => {
    let found;
    const query = `PREFIX void: <http://rdfs.org/ns/void#> SELECT DISTINCT ?term WHERE { ?part void:${kind} ?term } ORDER BY ?term`;
    return () => (found ??= rowsOf(query).then((rows) => rows.map((row) => row.term.value), () => []));
  };
  const shorten = (iri) => {
    const [name, base] = Object.entries(prefixes).find(([, base]) => iri.startsWith(base)) ?? [];
    return name && /^[\w-]*$/.test(iri.slice(base.length)) ? `${name}:${iri.slice(base.length)}` : iri;
  };
  const completer = (base, name, get) => Yasqe.forkAutocompleter(base, { name, get, bulk: true, persistenceId: null }, false);
  const known = (kind) => {
    const all = terms(kind);
    return async (editor, token) => {
      const start = (token?.autocompletionString ?? token?.string ?? "").toLowerCase();
      const iris = await all();
      const fitting = iris.filter((iri) => iri.toLowerCase().startsWith(start) || shorten(iri).toLowerCase().startsWith(start));
      return fitting.length ? fitting : iris;
    };
  };
  completer("prefixes", "ourPrefixes", () => Promise.resolve(Object.entries(prefixes).map(([name, base]) => `${name}: <${base}>`)));
  completer("property", "ourProperties", known("property"));
  completer("class", "ourClasses", known("class"));

  const place = document.createElement("div");
  place.id = "editor";
  const results = document.querySelector("#results");
  form.before(place);
  const text = form.elements.query;
  const shared = () => new URLSearchParams(location.hash.slice(1)).get("query");
  const asked = shared();
  const editor = new Yasqe(place, {
    value: asked ?? text.value,
    persistenceId: null,
    createShareableLink: null,
    consumeShareLink: null,
    resizeable: false,
    editorHeight: "20rem",
    autocompleters: ["variables", "ourPrefixes", "ourProperties", "ourClasses"],
    requestConfig: { endpoint, method: "POST", acceptHeaderGraph: "text/turtle,*/*;q=0.9" },
  });
  form.hidden = true;
  editor.getInputField().setAttribute("aria-label", "SPARQL query. Control and Enter runs it, Escape leaves the editor.");
  // Tab leaves the editor, as everywhere; indentation has keys of its own there (Control and ]).
  editor.setOption("extraKeys", { ...editor.getOption("extraKeys"), Tab: false, "Shift-Tab": false });

  // To find the widths of columns the table would put values into the page as HTML.
  Yasr.plugins.table.defaults.tableConfig.autoWidth = false;
  const table = new Yasr(results, {
    persistenceId: null,
    prefixes,
    pluginOrder: ["table", "boolean", "response"],
    defaultPlugin: "table",
    plugins: { ...Yasr.defaults.plugins, table: { enabled: true, dynamicConfig: { compact: true } } },
  });

  const name = (selector, words) => {
    for (const one of document.querySelectorAll(selector)) {
      if (!one.getAttribute("aria-label")) one.setAttribute("aria-label", words);
    }
  };
  const nameAll = () => {
    name(".yasqe .yasqe_queryButton", "Run the query");
    name(".yasr .tableFilter", "Show rows with");
    name(".yasr .tableSizer, .yasr select", "Rows on a page");
    name(".yasr textarea, .yasr .CodeMirror textarea", "The response as it came");
    for (const one of document.querySelectorAll(".yasqe svg, .yasr svg")) one.setAttribute("aria-hidden", "true");
    for (const one of document.querySelectorAll(".yasqe .CodeMirror-scroll")) {
      one.setAttribute("tabindex", "0");
      one.setAttribute("role", "region");
      one.setAttribute("aria-label", "The query, to scroll");
    }
    for (const one of document.querySelectorAll(".yasr .dataTable, .yasr .CodeMirror-scroll, .yasr .yasr_results")) {
      one.setAttribute("tabindex", "0");
      if (one.tagName !== "TABLE") { one.setAttribute("role", "region"); one.setAttribute("aria-label", "Result"); }
    }
  };

  // Our things are shown with their labels and lead to their pages.
  const label = async () => {
    const links = [...results.querySelectorAll("a.iri")].filter((one) => one.href.startsWith(here) && !one.dataset.labelled);
    for (const one of links) {
      const iri = one.getAttribute("href");
      one.dataset.labelled = iri;
      one.removeAttribute("target");
      // Graphs have no page.
      if (!iri.startsWith(`${here}graph/`)) one.setAttribute("href", iri.slice(here.length - 1));
    }
    const iris = [...new Set(links.map((one) => one.dataset.labelled))].slice(0, 300);
    if (!iris.length) return;
    const query = `SELECT ?s (SAMPLE(?l) AS ?label) WHERE { VALUES ?s { ${iris.map((iri) => `<${iri}>`).join(" ")} } ?s <http://www.w3.org/2000/01/rdf-schema#label> ?l } GROUP BY ?s`;
    try {
      const answer = await fetch(endpoint, {
        method: "POST",
        headers: { Accept: "application/sparql-results+json", "Content-Type": "application/sparql-query" },
        body: query,
      });
      const labels = new Map((await answer.json()).results.bindings.map((row) => [row.s.value, row.label.value]));
      for (const one of links) {
        const words = labels.get(one.dataset.labelled);
        if (!words) continue;
        one.title = one.dataset.labelled;
        one.textContent = words;
        // Two things may have one label.
        const id = document.createElement("small");
        id.textContent = ` ${one.dataset.labelled.slice(here.length)}`;
        one.append(id);
      }
    } catch {
      // Without labels the IRIs stay.
    }
  };
  new MutationObserver(() => { nameAll(); label(); }).observe(results, { childList: true, subtree: true });

  const say = (fault) => {
    problem.replaceChildren();
    problem.hidden = !fault;
    if (!fault) return;
    const add = (tag, words) => {
      if (!words) return;
      const one = document.createElement(tag);
      one.textContent = words;
      problem.append(one);
    };
    add("strong", fault.title);
    add("p", fault.detail);
    add("pre", fault.caret);
    add("p", fault.hint);
    if (fault.line) editor.getDoc().setCursor({ line: fault.line - 1, ch: Math.max(0, (fault.column ?? 1) - 1) });
  };

  // The answer to the query that was asked, which may not be the one that stands there now.
  let last = "";
  const take = (type) => {
    const isGraph = /turtle|n-triples|n-quads|trig|rdf|ld\+json/.test(type);
    for (const one of taken.querySelectorAll("button")) one.hidden = (one.dataset.of === "graph") !== isGraph;
    taken.hidden = false;
  };
  const save = async (format) => {
    const answer = await fetch(endpoint, { method: "POST", body: new URLSearchParams({ query: last, format }) });
    if (!answer.ok) return say(await answer.json());
    const file = document.createElement("a");
    file.href = URL.createObjectURL(await answer.blob());
    file.download = `avidity-${taken.dataset.release}.${format}`;
    file.click();
    setTimeout(() => URL.revokeObjectURL(file.href), 10000);
  };
  for (const one of taken.querySelectorAll("button")) one.addEventListener("click", () => save(one.dataset.format));

  editor.on("query", () => {
    last = editor.getValue();
    said.textContent = "Asking …";
    say(null);
    taken.hidden = true;
    history.replaceState(null, "", `#query=${encodeURIComponent(last)}`);
  });
  editor.on("queryResponse", (_, response, duration) => {
    if (response instanceof Error) {
      // The body of a refusal is the message: problem+json, with line, caret and hint where the syntax is wrong.
      results.hidden = true;
      said.textContent = "";
      let fault = { title: "No answer", detail: response.message };
      try { fault = JSON.parse(response.message); } catch { /* the words as they are */ }
      say(fault);
      return;
    }
    results.hidden = false;
    table.setResponse(response, duration);
    said.textContent = `Answered in ${Math.round(duration)} ms.`;
    take(response.headers.get("Content-Type") ?? "");
  });

  for (const button of document.querySelectorAll("button[data-example]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      editor.setValue(button.parentElement.querySelector("pre").textContent);
      editor.query().catch(() => {});
      place.scrollIntoView();
    });
  }
  addEventListener("hashchange", () => {
    const query = shared();
    if (query && query !== editor.getValue()) {
      editor.setValue(query);
      editor.query().catch(() => {});
    }
  });
  nameAll();
  if (asked) editor.query().catch(() => {});
})();
