// The filter, the keys and the theme of a page that is whole without them.
//
// Law: nothing is fetched, nothing recorded is ever parsed as markup or run, and no step has a listener
// of its own. What is shown stands in the page's fragment: #step-12, #q=lisbon&only=tool,failed, or both.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const steps = all(".step");
  const filter = one(".filter");

  // Light and dark: as the system says, until somebody says otherwise.
  const store = (value) => {
    try {
      return value === undefined ? localStorage.getItem("replaykit-theme") : localStorage.setItem("replaykit-theme", value);
    } catch {
      return null; // a page in a sandbox has no storage
    }
  };
  const theme = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    store(root.dataset.theme);
  };
  const kept = store();
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
  all(".theme, .keys").forEach((each) => { each.hidden = false; });
  one(".theme").addEventListener("click", theme);

  // The time line says what a bar is, and goes along its bars with the arrow keys.
  const bars = all(".bar");
  const readout = one(".readout");
  const tell = (event) => {
    const bar = event.target.closest(".bar");
    if (bar) readout.textContent = bar.querySelector("title").textContent;
  };
  const along = (event) => {
    const at = bars.indexOf(event.target.closest(".bar"));
    const next = bars[at + { ArrowLeft: -1, ArrowRight: 1 }[event.key]];
    if (at < 0 || !next) return;
    event.preventDefault();
    next.focus();
  };
  if (readout) {
    const box = one(".time .scroll");
    for (const kind of ["pointerover", "focusin"]) box.addEventListener(kind, tell);
    box.addEventListener("keydown", along);
  }

  if (!filter) return;
  const search = one("#search");
  const chips = all(".chip");
  const folds = all(".stay > details, .cards");
  const chapters = all(".chapter + .chapter").length ? all(".chapter") : []; // of several, those without a hit go away
  const KINDS = ["model", "tool", "http"];
  const is = (step, only) => (only === "changed" ? !step.classList.contains("same") : step.classList.contains(only));
  const chosen = () => chips.filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.only);
  let texts = null; // what the steps say, in lower case; read when somebody first searches

  const matches = (words, only) => {
    const kinds = only.filter((each) => KINDS.includes(each));
    const rest = only.filter((each) => !KINDS.includes(each));
    if (words.length && !texts) texts = steps.map((step) => step.textContent.toLowerCase());
    return (step, at) =>
      (!kinds.length || kinds.some((kind) => is(step, kind))) &&
      rest.every((each) => is(step, each)) &&
      words.every((word) => texts[at].includes(word));
  };

  const MARKED = 400; // places that are highlighted: more than one looks at
  const mark = (words) => {
    if (!globalThis.Highlight) return;
    const ranges = [];
    for (const step of words.length ? steps : []) {
      if (step.hidden) continue;
      const walk = document.createTreeWalker(step, NodeFilter.SHOW_TEXT);
      for (let node = walk.nextNode(); node && ranges.length < MARKED; node = walk.nextNode()) {
        const text = node.data.toLowerCase();
        for (const word of words) {
          for (let at = text.indexOf(word); at >= 0 && ranges.length < MARKED; at = text.indexOf(word, at + word.length)) {
            if (at + word.length > node.length) break; // lower case may be longer
            ranges.push(new StaticRange({ startContainer: node, startOffset: at, endContainer: node, endOffset: at + word.length }));
          }
        }
      }
      if (ranges.length >= MARKED) break;
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  };

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const only = chosen();
    const active = words.length + only.length > 0;
    const fits = matches(words, only);
    const hidden = new Set();
    let count = 0;
    steps.forEach((step, at) => {
      const found = fits(step, at);
      step.hidden = !found;
      if (found) count += 1;
      else hidden.add(`#${step.id}`);
    });
    for (const fold of folds) {
      (fold.closest(".stay") ?? fold).hidden = active && !fold.querySelector(".step:not([hidden])");
      if (active) {
        fold.dataset.was ??= fold.open;
        fold.open = true;
      } else if (fold.dataset.was) {
        fold.open = fold.dataset.was === "true";
        delete fold.dataset.was;
      }
    }
    for (const chapter of chapters) chapter.hidden = active && !chapter.querySelector(".step:not([hidden])");
    for (const bar of bars) bar.classList.toggle("off", hidden.has(bar.getAttribute("href")));
    one(".none").hidden = !active || count > 0;
    one(".shown").textContent = active ? `${count.toLocaleString("en")} of ${steps.length.toLocaleString("en")} steps` : `${steps.length.toLocaleString("en")} steps`;
    mark(words);
  };

  // The fragment: a step to go to, and what is shown.
  const state = () => new URLSearchParams(location.hash.slice(1));
  const anchor = () => [...state().keys()].find((key) => document.getElementById(key)) ?? "";
  const save = (to = "") => {
    const parts = [to];
    if (search.value.trim()) parts.push(`q=${encodeURIComponent(search.value.trim())}`);
    if (chosen().length) parts.push(`only=${chosen().join()}`);
    const fragment = parts.filter(Boolean).join("&");
    history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
  };
  const reveal = (target) => {
    if (!target) return;
    if (target.hidden) clear(target.id);
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView({ block: "start", behavior: "instant" });
    target.focus({ preventScroll: true });
  };
  const load = () => {
    const found = state();
    search.value = found.get("q") ?? "";
    const only = (found.get("only") ?? "").split(",");
    for (const chip of chips) chip.ariaPressed = String(only.includes(chip.dataset.only));
    apply();
  };
  const clear = (to) => {
    search.value = "";
    for (const chip of chips) chip.ariaPressed = "false";
    apply();
    save(to);
  };
  const go = () => {
    const target = anchor();
    const filtered = state().has("q") || state().has("only");
    if (filtered) load();
    else if (target) save(target);
    if (target) reveal(document.getElementById(target));
    else if (filtered) filter.scrollIntoView({ behavior: "instant" });
  };

  const move = (by) => {
    const shown = steps.filter((step) => !step.hidden && step.checkVisibility({ contentVisibilityAuto: false }));
    if (!shown.length) return;
    const here = shown.indexOf(document.activeElement.closest(".step"));
    const top = filter.getBoundingClientRect().bottom + 1;
    const near = shown.findIndex((step) => step.getBoundingClientRect().bottom > top);
    const next = here >= 0 ? here + by : by > 0 ? near : near - 1;
    const target = shown[Math.max(0, Math.min(next, shown.length - 1))];
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start", behavior: "instant" });
  };
  const KEYS = { j: () => move(1), k: () => move(-1), t: theme, "/": () => search.select(), Escape: () => { search.blur(); clear(); } };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea, select");
    if (event.ctrlKey || event.metaKey || event.altKey || (typing && event.key !== "Escape") || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  filter.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", () => { apply(); save(); });
  filter.addEventListener("click", (event) => {
    const chip = event.target.closest(".chip");
    if (!chip) return;
    chip.ariaPressed = String(chip.ariaPressed !== "true");
    apply();
    save();
  });
  addEventListener("hashchange", go);

  for (const chip of chips) {
    const count = steps.filter((step) => is(step, chip.dataset.only)).length;
    chip.querySelector(".count").textContent = count.toLocaleString("en");
    chip.hidden = !count || (count === steps.length && chip.dataset.only !== "changed");
  }
  filter.hidden = false;
  load();
  go();
})();
