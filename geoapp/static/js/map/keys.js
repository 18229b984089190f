// Keyboard of the map page. Keys belong to a field while one is typed in.

const typing = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");

/** `acts` maps a key to what it does; a key with Ctrl, Alt or Meta is the browser's. */
export const bindKeys = (acts) => {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = acts[key];
    if (!act) return;
    const done = act(event);
    if (done !== false) event.preventDefault();
  });
};
