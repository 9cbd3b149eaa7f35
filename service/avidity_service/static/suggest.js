// Names below a search box while one types: a combobox with a listbox. Without this file the box is a plain form.
"use strict";
for (const [number, box] of [...document.querySelectorAll("input[data-suggest]")].entries()) suggest(box, number);

function suggest(box, number) {
  const list = document.createElement("ul");
  const said = document.createElement("span");
  let asked = 0, waiting, chosen = -1;
  const hold = document.createElement("span");
  hold.className = "suggesting";
  box.before(hold);
  hold.append(box, list, said);
  list.id = `suggestions-${number}`;
  list.className = "suggestions";
  list.hidden = true;
  said.className = "unseen";
  for (const [name, value] of [["role", "listbox"], ["aria-label", "Names"]]) list.setAttribute(name, value);
  said.setAttribute("role", "status");
  for (const [name, value] of [["role", "combobox"], ["autocomplete", "off"], ["aria-autocomplete", "list"],
    ["aria-controls", list.id], ["aria-expanded", "false"]]) box.setAttribute(name, value);

  const close = () => { asked++; clearTimeout(waiting); choose(-1); list.hidden = true; box.setAttribute("aria-expanded", "false"); said.textContent = ""; };
  const choose = (place) => {
    chosen = place;
    [...list.children].forEach((one, at) => one.setAttribute("aria-selected", String(at === place)));
    if (place < 0) return box.removeAttribute("aria-activedescendant");
    box.setAttribute("aria-activedescendant", list.children[place].id);
    list.children[place].scrollIntoView({ block: "nearest" });
  };
  const show = (found) => {
    // Only text is ever put in, so that no name is taken for HTML.
    list.replaceChildren(...found.map((one, at) => {
      const item = document.createElement("li"), kind = document.createElement("small");
      item.id = `${list.id}-${at}`;
      item.setAttribute("role", "option");
      item.dataset.href = one.href;
      kind.textContent = one.kind.replaceAll("-", " ");
      item.append(kind, one.label);
      return item;
    }));
    list.hidden = !found.length;
    box.setAttribute("aria-expanded", String(Boolean(found.length)));
    choose(-1);
    said.textContent = found.length ? `${found.length} names; arrow keys choose` : "";
  };
  const ask = async () => {
    const words = box.value.trim(), mine = ++asked;
    if (!words) return close();
    try {
      const answer = await fetch(`/api/v1/suggest?${new URLSearchParams({ q: words })}`);
      const found = answer.ok ? (await answer.json()).data : [];
      if (mine === asked) show(found.map((one) => ({ ...one, href: address(one) })));
    } catch { close(); }
  };
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 120); });
  box.addEventListener("keydown", (event) => {
    const last = list.children.length - 1;
    if (event.key === "Escape" && !list.hidden) { close(); event.preventDefault(); }
    if (list.hidden) return;
    if (event.key === "ArrowDown") choose(chosen >= last ? 0 : chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen <= 0 ? last : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) location.assign(list.children[chosen].dataset.href);
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => { const one = event.target.closest("li"); if (one) location.assign(one.dataset.href); });
  box.addEventListener("blur", close);
}

// A thing has a page of its own at its path, whatever host serves it; a question has its answer.
function address(one) {
  const path = new URL(one.iri).pathname.replace(/^\/avidity/, "");
  return path.replace(/^\/question\//, "/questions/");
}
