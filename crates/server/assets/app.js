// Keeps open pages current, shows times in the viewer's own zone, and copies on request.
// Without it every page works; it only has to be reloaded by hand.
"use strict";

(() => {
  const zone = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const short = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

  const span = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 86400) {
      const minutes = Math.floor((s % 3600) / 60);
      return minutes ? `${Math.floor(s / 3600)} h ${minutes} min` : `${Math.floor(s / 3600)} h`;
    }
    const days = Math.floor(s / 86400);
    return days === 1 ? "1 day" : `${days} days`;
  };

  const setText = (node, text) => {
    if (node.textContent !== text) node.textContent = text;
  };

  const times = (root) => {
    const now = Date.now();
    const today = new Date(now).toDateString();
    for (const node of root.querySelectorAll("time[datetime]")) {
      const at = new Date(node.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      if (!node.title) node.title = zone.format(at);
      if ("ago" in node.dataset) setText(node, `${span(now - at)} ago`);
      else if ("left" in node.dataset) setText(node, at > now ? `${span(at - now)} left` : "time is up");
      else setText(node, at.toDateString() === today ? short.format(at) : zone.format(at));
    }
  };

  // What a node looks like, without what this script itself changed: times and open details.
  const look = (node) => {
    const copy = node.cloneNode(true);
    for (const time of copy.querySelectorAll("time")) { time.textContent = ""; time.removeAttribute("title"); }
    for (const details of copy.querySelectorAll("details")) details.removeAttribute("open");
    copy.classList.remove("fresh");
    if (!copy.className) copy.removeAttribute("class");
    return copy.outerHTML;
  };

  const typing = (node) => {
    const active = document.activeElement;
    if (active && node.contains(active) && active.matches("input, textarea, select")) return true;
    return [...node.querySelectorAll("textarea")].some((t) => t.value !== t.defaultValue);
  };

  // Makes `now` look like `next` and touches only what differs, so that scroll position, focus and
  // opened details stay. Children are matched by id; a parent with others is replaced whole.
  const morph = (now, next) => {
    if (look(now) === look(next)) return;
    const keyed = (node) => node.children.length > 0 && [...node.children].every((c) => c.id);
    if (now.tagName !== next.tagName || !keyed(now) || !keyed(next)) {
      if (typing(now)) return;
      const open = new Set([...now.querySelectorAll("details[open][id]")].map((d) => d.id));
      const focused = now.contains(document.activeElement) ? document.activeElement.id : "";
      for (const details of next.querySelectorAll("details[id]")) {
        if (open.has(details.id)) details.open = true;
      }
      const fresh = document.importNode(next, true);
      if (fresh.matches("tr, li")) fresh.classList.add("fresh");
      now.replaceWith(fresh);
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
      return;
    }
    for (const name of next.getAttributeNames()) now.setAttribute(name, next.getAttribute(name));
    for (const name of now.getAttributeNames()) if (!next.hasAttribute(name)) now.removeAttribute(name);
    const wanted = new Set([...next.children].map((c) => c.id));
    for (const child of [...now.children]) if (!wanted.has(child.id)) child.remove();
    let after = null;
    for (const child of [...next.children]) {
      const known = [...now.children].find((c) => c.id === child.id);
      const place = after ? after.nextElementSibling : now.firstElementChild;
      if (!known) {
        const fresh = document.importNode(child, true);
        if (fresh.matches("tr, li")) fresh.classList.add("fresh");
        now.insertBefore(fresh, place);
      } else {
        if (known !== place) now.insertBefore(known, place);
        morph(known, child);
      }
      after = document.getElementById(child.id);
    }
  };

  const url = document.body.dataset.liveUrl;
  const only = document.body.dataset.liveCase;
  const state = document.getElementById("live-state");
  let waiting = false;
  let fetching = false;
  let source = null;
  let later = null;

  const say = (text) => {
    if (!state) return;
    state.hidden = !text;
    setText(state, text);
  };

  const refresh = async () => {
    if (fetching) { waiting = true; return; }
    fetching = true;
    try {
      const answer = await fetch(url, { headers: { "X-Refresh": "1" }, redirect: "error" });
      if (answer.status === 401) {
        close();
        say("You are signed out. Reload the page to sign in again.");
        return;
      }
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const next of page.querySelectorAll("[data-live][id]")) {
          const now = document.getElementById(next.id);
          if (now) morph(now, next);
        }
        times(document);
        buttons();
      }
    } catch {
      // The event source notices by itself and says so.
    } finally {
      // A busy desk changes many times a second; people do not read that fast.
      setTimeout(() => {
        fetching = false;
        if (waiting) { waiting = false; refresh(); }
      }, 700);
    }
  };

  const close = () => { source?.close(); source = null; };

  const open = () => {
    if (source || !url) return;
    let first = true;
    source = new EventSource("/events");
    source.addEventListener("hello", () => {
      say("");
      // Whatever moved while nobody listened.
      if (!first) refresh();
      first = false;
    });
    source.addEventListener("message", (event) => {
      let moved = {};
      try { moved = JSON.parse(event.data); } catch { /* looked at like any change */ }
      if (!only || !moved.case || moved.case === only) refresh();
      // Another case: only the count of waiting questions may differ.
      else later ??= setTimeout(() => { later = null; refresh(); }, 8000);
    });
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) { close(); refresh(); setTimeout(open, 10000); }
      else say("Not live at the moment; connecting again.");
    });
  };

  const buttons = () => {
    for (const button of document.querySelectorAll("button[data-copy]")) {
      if (navigator.clipboard) button.hidden = false;
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy)?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it and copy by hand";
    }
  });

  // Browsers allow few connections to one server: pages that nobody sees give theirs up.
  document.addEventListener("visibilitychange", () => {
    if (!url) return;
    if (document.hidden) close();
    else { refresh(); open(); }
  });

  times(document);
  buttons();
  setInterval(() => times(document), 5000);
  if (url && !document.hidden) open();
})();
