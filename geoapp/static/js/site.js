// Every page: the search box leads to the map, and "/" finds it.

import { $ } from "./dom.js";
import { Search } from "./search.js";

const onMap = (item) => `/map?sel=${encodeURIComponent(`${item.layer}/${item.key}`).replace("%2F", "/")}`;

const typing = (target) => target.closest("input, select, textarea, [contenteditable]");

if ($("#search-input") && !$("#map-config")) {
  const search = new Search({ local: () => [], choose: (item) => location.assign(onMap(item)) });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || typing(event.target) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    search.focus();
  });
}

// A menu that is open closes when one clicks elsewhere or presses Escape.
for (const menu of document.querySelectorAll("details.menu")) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// The other language keeps the address as it is now, not as it was when the page came.
for (const link of document.querySelectorAll("a[data-lang]")) {
  link.addEventListener("click", () => {
    const url = new URL(location.href);
    url.searchParams.set("lang", link.dataset.lang);
    link.href = url.pathname + url.search;
  });
}
