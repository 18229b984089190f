// Saves of other people, as "live" events on the document: a stream where there is one, asking every few seconds otherwise.

import { askJson } from "./net.js";

const ASK_MS = 5000;

const tell = (layer, revision) => document.dispatchEvent(new CustomEvent("live", { detail: { layer, revision } }));

const asking = () => {
  const known = {};
  const once = async () => {
    try {
      const found = await askJson("/events.json");
      for (const [layer, revision] of Object.entries(found)) {
        if (known[layer] !== undefined && revision > known[layer]) tell(layer, revision);
        known[layer] = revision;
      }
    } catch { /* the next question may succeed; the map itself tells of trouble */ }
    setTimeout(once, ASK_MS);
  };
  once();
};

/** Starts listening; falls back to asking when the stream is refused. */
export const listen = () => {
  if (!window.EventSource) {
    asking();
    return;
  }
  const source = new EventSource("/events");
  let failures = 0;
  const fallBack = () => {
    source.close();
    asking();
  };
  source.onopen = () => { failures = 0; };
  source.onmessage = ({ data }) => {
    const { layer, revision } = JSON.parse(data);
    tell(layer, revision);
  };
  source.addEventListener("full", fallBack);
  source.onerror = () => {
    failures += 1;
    if (source.readyState === EventSource.CLOSED || failures > 5) fallBack();
  };
};
