// Without this file a cell leads to a page of the same address; with it, htmx puts the evidence below the map.
"use strict";
document.addEventListener("htmx:after:swap", () => {
  const here = new URLSearchParams(location.search);
  for (const cell of document.querySelectorAll("#map td > a")) {
    const there = new URL(cell.href).searchParams;
    const open = ["row", "column"].every((name) => there.get(name) === here.get(name));
    if (open) cell.setAttribute("aria-current", "true");
    else cell.removeAttribute("aria-current");
  }
  if (here.has("row")) {
    const evidence = document.getElementById("evidence");
    evidence.focus({ preventScroll: true });
    evidence.scrollIntoView({ block: "nearest" });
  }
});
