// A button beside everything that is marked data-copy; without script the text can be selected as well.
"use strict";
for (const text of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy " + (text.dataset.copy || text.closest("details")?.querySelector("summary")?.textContent || "this"));
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  said.className = "none";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      said.textContent = " copied";
    } catch {
      said.textContent = " select the text and copy it by hand";
    }
    setTimeout(() => { said.textContent = ""; }, 3000);
  });
  text.after(button, said);
}
