"use strict";
// The page's own script. It makes elements of the findings in the JSON block
// and never reads markup: every text of a repository goes through textContent.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const severities = ["error", "warning", "note"];
  const chunk = 60; // findings made at a time, as the reader scrolls

  function el(tag, props, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (name in node) node[name] = value;
      else node.setAttribute(name, value);
    }
    node.append(...children.filter((c) => c !== "" && c != null));
    return node;
  }
  // breakable lets a path wrap behind its slashes, the path of a field behind its dots.
  const breakable = (text, at = /(?<=\/)/) => text.split(at).flatMap((part, i) => (i ? [el("wbr"), part] : [part]));
  const code = (text) => el("code", {}, ...breakable(text));
  const field = (path) => el("code", {}, ...breakable(path, /(?<=\.)/));
  const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

  // What filters and groups ask of a finding.
  const findings = data.findings.map((f, i) => {
    const rule = data.rules[f.rule];
    const place = f.places[0];
    const file = data.files[place.file].name;
    const unit = data.units[f.unit].path;
    return {
      ...f, index: i, place, file, ruleID: rule.id, family: rule.family || "other", unitName: unit,
      where: place.line ? file + ":" + place.line : file,
      text: [f.message, file, f.object, f.path, rule.id, rule.title, unit].join("\n").toLowerCase(),
    };
  });
  const position = new Map();
  for (const f of findings) if (!position.has(f.fingerprint)) position.set(f.fingerprint, f.index);
  const rank = (f) => { const i = severities.indexOf(f.severity); return i < 0 ? 3 : i; };

  // Units are shown without the folders they all have in common.
  const folders = data.units.map((u) => u.path.split("/").slice(0, -1));
  let common = 0;
  while (folders.length > 1 && folders.every((f) => f.length > common && f[common] === folders[0][common])) common++;
  const shortUnit = (path) => path.split("/").slice(common).join("/") || path;

  const facets = [
    { name: "severity", title: "Severity", of: (f) => f.severity },
    { name: "family", title: "Family", of: (f) => f.family },
    { name: "unit", title: "Unit", of: (f) => f.unitName, label: shortUnit },
    { name: "rule", title: "Rule", of: (f) => f.ruleID },
  ];
  const groups = {
    severity: { of: (f) => f.severity, title: (f) => f.severity + "s", order: (a, b) => rank(a) - rank(b) || a.index - b.index },
    file: { of: (f) => f.file, title: (f) => f.file, order: (a, b) => a.index - b.index },
    unit: { of: (f) => f.unitName, title: (f) => f.unitName || "no unit", order: (a, b) => a.unit - b.unit || rank(a) - rank(b) || a.index - b.index },
    rule: { of: (f) => f.ruleID, title: (f) => f.ruleID, order: (a, b) => rank(a) - rank(b) || a.rule - b.rule || a.index - b.index },
  };

  const state = { query: "", suppressed: false, group: "severity", openAll: false, chosen: {} };
  for (const facet of facets) state.chosen[facet.name] = new Set();

  function matches(f, except) {
    if (f.suppressed && !state.suppressed) return false;
    for (const facet of facets) {
      const chosen = state.chosen[facet.name];
      if (facet.name !== except && chosen.size && !chosen.has(facet.of(f))) return false;
    }
    return words.every((w) => f.text.includes(w));
  }
  let words = [];

  // ---- filters

  const boxes = {}; // facet → value → {input, number, label}
  function makeFacets() {
    for (const facet of facets) {
      const count = new Map();
      for (const f of findings) count.set(facet.of(f), (count.get(facet.of(f)) || 0) + 1);
      const values = [...count.keys()];
      if (facet.name === "severity") values.sort((a, b) => severities.indexOf(a) - severities.indexOf(b));
      else values.sort((a, b) => count.get(b) - count.get(a) || (a < b ? -1 : 1));
      if (!values.length) continue;
      const set = el("fieldset", { className: "facet" }, el("legend", {}, facet.title));
      boxes[facet.name] = new Map();
      values.forEach((value, i) => {
        const input = el("input", { type: "checkbox" });
        const number = el("span", { className: "number" });
        const name = el("span", { className: "name", title: value }, ...breakable(facet.label ? facet.label(value) : value));
        const label = el("label", { hidden: i >= 8 }, input, facet.name === "severity" ? el("span", { className: "dot " + value }) : "", name, number);
        input.addEventListener("change", () => {
          if (input.checked) state.chosen[facet.name].add(value);
          else state.chosen[facet.name].delete(value);
          update();
        });
        boxes[facet.name].set(value, { input, number, label });
        set.append(label);
      });
      if (values.length > 8) {
        const more = el("button", { type: "button", className: "quiet" }, `Show all ${values.length.toLocaleString("en")}`);
        more.addEventListener("click", () => {
          for (const label of set.querySelectorAll("label")) label.hidden = false;
          set.querySelectorAll("input")[8].focus();
          more.remove();
        });
        set.append(more);
      }
      byId("facet-list").append(set);
    }
  }

  function countFacets() {
    for (const facet of facets) {
      if (!boxes[facet.name]) continue;
      const count = new Map();
      for (const f of findings) if (matches(f, facet.name)) count.set(facet.of(f), (count.get(facet.of(f)) || 0) + 1);
      for (const [value, box] of boxes[facet.name]) {
        const n = count.get(value) || 0;
        box.number.textContent = n.toLocaleString("en");
        box.input.checked = state.chosen[facet.name].has(value);
        box.label.classList.toggle("empty", !n);
        if (box.input.checked) box.label.hidden = false;
      }
    }
  }

  // ---- the overview: where the findings are, a bar each

  function makeOverview() {
    const views = [];
    for (const facet of facets.slice(1, 3)) {
      const values = new Map(); // value → how many of each severity
      for (const f of findings) {
        if (f.suppressed) continue;
        const value = facet.of(f);
        if (!values.has(value)) values.set(value, { all: 0, error: 0, warning: 0, note: 0 });
        values.get(value)[f.severity]++;
        values.get(value).all++;
      }
      if (values.size < 2) continue;
      const worst = [...values].sort(([a, x], [b, y]) => y.error - x.error || y.all - x.all || (a < b ? -1 : 1));
      const shownRows = worst.slice(0, 6);
      const most = Math.max(...shownRows.map(([, n]) => n.all));
      const rows = shownRows.map(([value, n]) => {
        const bar = el("span", { className: "measure", "aria-hidden": "true" });
        for (const severity of severities) {
          if (!n[severity]) continue;
          const part = el("i", { className: severity });
          part.style.width = `${(100 * n[severity]) / most}%`;
          bar.append(part);
        }
        const words = severities.filter((s) => n[s]).map((s) => counted(n[s], s)).join(", ");
        const name = facet.label ? facet.label(value) : value;
        return el("li", {}, el("a", { href: "#?" + new URLSearchParams([[facet.name, value]]), title: `${value}: ${words}` },
          el("span", { className: "name" }, name || "none"), bar,
          el("span", { className: "number" }, n.all.toLocaleString("en"), el("span", { className: "unseen" }, ` findings: ${words}`))));
      });
      const rest = worst.length - rows.length;
      views.push(el("section", {}, el("h2", {}, "By " + facet.title.toLowerCase()), el("ul", {}, ...rows),
        rest ? el("p", { className: "muted" }, `and ${rest.toLocaleString("en")} more`) : ""));
    }
    byId("overview").append(...views);
    byId("overview").hidden = !views.length;
  }

  // ---- the list, made lazily

  const list = byId("list");
  const end = el("div", { "aria-hidden": "true" }); // comes into view when more are needed
  let shown = [], made = 0, openGroup = null;

  // begin makes the list anew, at the first finding or, for a link far down, later.
  function begin(first) {
    list.replaceChildren();
    made = first;
    openGroup = null;
    if (first) {
      const earlier = el("button", { type: "button", className: "quiet earlier" }, `Show the ${first} before`);
      earlier.addEventListener("click", () => { begin(0); list.querySelector(".row").focus(); });
      list.append(earlier);
    }
    list.append(end);
    make(chunk);
  }

  function update(keepAddress) {
    words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
    const group = groups[state.group];
    shown = findings.filter((f) => matches(f)).sort(group.order);
    countFacets();
    const total = findings.filter((f) => state.suppressed || !f.suppressed).length;
    byId("count").textContent = (shown.length === total ? "" : `${shown.length.toLocaleString("en")} of `) + counted(total, "finding");
    const filtered = words.length > 0 || facets.some((f) => state.chosen[f.name].size);
    byId("reset").hidden = !filtered;
    list.classList.toggle("by-severity", state.group === "severity");
    begin(0);
    if (!shown.length) list.append(el("p", { className: "none-found" }, filtered ? "No finding fits these filters." : "Nothing found."));
    if (!keepAddress) writeAddress();
  }

  function make(n) {
    const group = groups[state.group];
    for (const stop = Math.min(made + n, shown.length); made < stop; made++) {
      const f = shown[made];
      const key = group.of(f);
      if (!openGroup || openGroup.key !== key) {
        const size = shown.filter((other) => group.of(other) === key).length;
        const items = el("ol");
        const title = el("h3", {}, group.title(f), " ", el("span", { className: "number" }, size.toLocaleString("en")));
        list.insertBefore(el("section", { className: "group" }, title, items), end);
        openGroup = { key, items };
      }
      openGroup.items.append(item(f));
    }
    if (made >= shown.length) end.remove();
  }

  // fill makes findings until they reach well below the window.
  function fill() {
    while (end.isConnected && end.getBoundingClientRect().top < window.innerHeight + 1500) make(chunk);
  }

  function item(f) {
    const row = el("button", { type: "button", className: "row", "aria-expanded": "false" },
      el("span", { className: "dot " + f.severity, "aria-hidden": "true" }),
      el("span", { className: "message" }, f.message),
      el("span", { className: "turn", "aria-hidden": "true" }),
      el("span", { className: "what" }, el("span", { className: "severity " + f.severity }, f.severity), " ",
        el("b", {}, ...breakable(f.where)), el("span", {}, f.ruleID), el("span", {}, f.object),
        f.changed ? el("span", { className: "tag" }, "in this change") : "",
        f.suppressed ? el("span", { className: "tag" }, "suppressed") : ""));
    const li = el("li", { className: "finding" + (f.suppressed ? " suppressed" : "") }, el("h4", {}, row));
    li.dataset.index = f.index;
    if (state.openAll) toggle(li, true);
    return li;
  }

  function toggle(li, open) {
    const row = li.querySelector(".row");
    row.setAttribute("aria-expanded", String(open));
    let detail = li.querySelector(".detail");
    if (open && !detail) {
      detail = detailOf(findings[li.dataset.index]);
      detail.id = "detail-" + li.dataset.index;
      row.setAttribute("aria-controls", detail.id);
      li.append(detail);
    }
    if (detail) detail.hidden = !open;
  }

  // ---- one finding

  const roles = {
    source: "source", value: "values", template: "template", include: "include", guard: "condition",
    patch: "patch", base: "base", directive: "kustomization",
  };

  function link(place, text) {
    if (place.link && /^https?:\/\//.test(place.link)) return el("a", { href: place.link, rel: "noopener noreferrer" }, text);
    return text;
  }

  function pane(place, isMain) {
    const file = data.files[place.file];
    const where = place.line ? `${file.name}:${place.line}` : file.name;
    const caption = el("figcaption", {},
      el("span", { className: "role" }, roles[place.role] || place.role, isMain ? el("span", { className: "tag" }, "edit here") : ""), link(place, code(where)),
      place.key ? el("span", { className: "key" }, "key ", field(place.key), place.confirmed ? ", seen to change the field" : "") : "",
      place.object ? el("span", { className: "key" }, "of ", code(place.object)) : "");
    const figure = el("figure", { className: "pane" + (isMain ? " main" : "") }, caption);
    const lines = source(place, file.lines || {});
    if (lines) figure.append(lines);
    if (isMain && place.precision === "parent") figure.append(el("p", { className: "hint" }, "The field is not set. This is the nearest line."));
    if (!place.line) figure.append(el("p", { className: "hint" }, "The line is not known."));
    return figure;
  }

  function source(place, lines) {
    if (!place.line || lines[place.line] == null) return null;
    let first = place.line, last = place.line;
    while (first > place.line - 2 && lines[first - 1] != null) first--;
    while (last < Math.min(place.endLine, place.line + 8) + 2 && lines[last + 1] != null) last++;
    const block = el("pre", { className: "code", tabIndex: 0, "aria-label": "Source" });
    for (let n = first; n <= last; n++) {
      const row = el("span", {}, el("i", { "aria-hidden": "true" }, String(n)));
      const inside = n >= place.line && n <= place.endLine;
      const chars = Array.from(lines[n]);
      if (inside) {
        row.className = "at";
        let from = n === place.line ? place.column - 1 : chars.findIndex((c) => c.trim());
        let to = n === place.endLine ? place.endColumn - 1 : chars.length;
        if (to <= from) to = chars.length;
        from = Math.max(0, Math.min(from, chars.length));
        row.append(chars.slice(0, from).join(""), el("mark", {}, chars.slice(from, to).join("")), chars.slice(to).join(""));
      } else {
        row.append(lines[n]);
      }
      block.append(row);
    }
    return block;
  }

  function detailOf(f) {
    const panes = el("div", { className: "panes" }, ...f.places.slice(0, 4).map((p, i) => pane(p, i === 0)));
    if (f.places.length > 4) {
      const rest = f.places.slice(4);
      panes.append(el("details", { className: "more-panes" },
        el("summary", {}, `${rest.length} more on the way`), el("div", { className: "panes" }, ...rest.map((p) => pane(p, false)))));
    }
    const facts = el("dl", { className: "facts" });
    const fact = (name, ...values) => facts.append(el("dt", {}, name), el("dd", {}, ...values));
    const screenFact = (name, value) => facts.append(el("dt", { className: "screen" }, name), el("dd", { className: "screen" }, value));
    const lines = (texts) => el("ul", {}, ...texts.map((t) => el("li", {}, t)));
    if (f.suppressed) fact("suppressed", f.suppressed);
    if (f.path) fact("field", field(f.path), " of " + f.object);
    if (f.unitName) fact("unit", `${data.units[f.unit].kind} ${f.unitName}${f.variants ? ", " + f.variants : ""}`);
    if (f.fix) fact("fix", lines(f.fix));
    if (f.also) fact("also by this line", lines(f.also.slice(0, 20)), f.also.length > 20 ? `and ${f.also.length - 20} more` : "");
    screenFact("rule", el("a", { href: "#rule-" + f.rule }, code(f.ruleID)));
    screenFact("link", el("a", { href: "#" + f.fingerprint }, "to this finding"));
    const help = el("div", { className: "help" });
    const rule = byId("rule-" + f.rule);
    for (const chapter of rule ? rule.querySelectorAll(".chapter") : []) {
      const heading = chapter.querySelector("h4");
      if (heading && /^(Why|How to fix)$/.test(heading.textContent) && chapter.textContent.trim() !== heading.textContent) {
        const copy = chapter.cloneNode(true);
        copy.querySelector("h4").replaceWith(el("h5", {}, heading.textContent));
        help.append(copy);
      }
    }
    help.prepend(...[...help.children].reverse()); // what to do comes before why
    return el("div", { className: "detail" }, panes, help.childNodes.length ? help : "", facts);
  }

  // ---- addresses: #<fingerprint> is a finding, #?severity=error&… a filter

  let writing = false;
  function writeAddress() {
    const query = new URLSearchParams();
    if (state.query) query.append("q", state.query);
    for (const facet of facets) for (const value of state.chosen[facet.name]) query.append(facet.name, value);
    if (state.suppressed) query.append("suppressed", "yes");
    if (state.group !== "severity") query.append("group", state.group);
    const text = query.toString();
    writing = true;
    try { history.replaceState(null, "", text ? "#?" + text : location.pathname + location.search); } catch { /* a sandboxed page has no history */ }
    writing = false;
  }

  function readAddress(event) {
    const hash = location.hash.slice(1);
    if (writing || !hash) return;
    if (hash.startsWith("?")) {
      const query = new URLSearchParams(hash.slice(1));
      state.query = query.get("q") || "";
      state.suppressed = query.get("suppressed") === "yes";
      if (groups[query.get("group")]) state.group = query.get("group");
      for (const facet of facets) state.chosen[facet.name] = new Set(query.getAll(facet.name));
      showControls();
      update(true);
      if (event) byId("findings").scrollIntoView(); // somebody followed a link
      return;
    }
    if (position.has(hash)) {
      goTo(findings[position.get(hash)]);
      return;
    }
    const target = byId(hash);
    if (target && target.matches("details")) {
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus({ preventScroll: true });
    }
  }

  function goTo(f) {
    if (!shown.includes(f)) {
      clear();
      if (f.suppressed) state.suppressed = true;
      showControls();
      update(true);
    }
    const at = shown.indexOf(f);
    const isMade = list.querySelector(`.finding[data-index="${f.index}"]`);
    if (!isMade && (at < made || at > made + 5 * chunk)) begin(Math.max(0, at - 3));
    make(Math.max(0, at + 1 - made));
    for (const old of list.querySelectorAll(".target")) old.classList.remove("target");
    const li = list.querySelector(`.finding[data-index="${f.index}"]`);
    li.classList.add("target");
    toggle(li, true);
    li.scrollIntoView({ block: "start", behavior: "instant" });
    li.querySelector(".row").focus({ preventScroll: true });
  }

  function clear() {
    state.query = "";
    for (const facet of facets) state.chosen[facet.name].clear();
    showControls();
  }

  function showControls() {
    byId("search").value = state.query;
    byId("suppressed").checked = state.suppressed;
    byId("group").value = state.group;
  }

  // ---- controls

  let typing = 0;
  byId("search").addEventListener("input", (e) => {
    clearTimeout(typing);
    typing = setTimeout(() => { state.query = e.target.value; update(); }, 90);
  });
  byId("filters").addEventListener("submit", (e) => e.preventDefault());
  byId("suppressed").addEventListener("change", (e) => { state.suppressed = e.target.checked; update(); });
  byId("group").addEventListener("change", (e) => { state.group = e.target.value; update(); });
  byId("reset").addEventListener("click", () => { clear(); update(); byId("search").focus(); });
  byId("expand").addEventListener("click", (e) => {
    state.openAll = !state.openAll;
    e.target.setAttribute("aria-pressed", String(state.openAll));
    e.target.textContent = state.openAll ? "Close all" : "Open all";
    for (const li of list.querySelectorAll(".finding")) toggle(li, state.openAll);
  });
  list.addEventListener("click", (e) => {
    const row = e.target.closest(".row");
    if (row) toggle(row.closest(".finding"), row.getAttribute("aria-expanded") !== "true");
  });
  list.addEventListener("keydown", (e) => {
    if (!e.target.matches(".row") || !["ArrowDown", "ArrowUp", "Home", "End"].includes(e.key)) return;
    e.preventDefault();
    if (e.key === "End") make(shown.length);
    let rows = [...list.querySelectorAll(".row")];
    let i = { ArrowDown: rows.indexOf(e.target) + 1, ArrowUp: rows.indexOf(e.target) - 1, Home: 0, End: rows.length - 1 }[e.key];
    if (i === rows.length) {
      make(chunk);
      rows = [...list.querySelectorAll(".row")];
    }
    rows[Math.max(0, Math.min(i, rows.length - 1))].focus();
  });
  new IntersectionObserver(fill, { rootMargin: "1500px" }).observe(end);
  window.addEventListener("hashchange", readAddress);

  // Paper shows everything: all rows, and what is in them when it is not too much.
  window.addEventListener("beforeprint", () => {
    if (list.querySelector(".earlier")) begin(0);
    make(shown.length);
    if (shown.length <= 150) for (const li of list.querySelectorAll(".finding")) toggle(li, true);
    for (const part of document.querySelectorAll(".map, .map .table, .rule")) part.open = true;
  });

  // ---- dark and light

  const theme = byId("theme");
  const store = (value) => {
    try { return value ? localStorage.setItem("sekisho-theme", value) : localStorage.getItem("sekisho-theme"); } catch { return null; }
  };
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const kept = store();
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
  theme.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme || (system.matches ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
    store(document.documentElement.dataset.theme);
  });
  theme.hidden = false;

  // ---- network maps: what a card has to do with

  for (const svg of document.querySelectorAll(".canvas svg")) {
    const light = (card) => {
      svg.classList.toggle("focusing", card != null);
      for (const lit of svg.querySelectorAll(".lit")) lit.classList.remove("lit");
      if (card == null) return;
      const near = new Set([card]);
      for (const arrow of svg.querySelectorAll(".arrow")) {
        const { from, to } = arrow.dataset;
        if (from !== card && to !== card) continue;
        arrow.classList.add("lit");
        near.add(from).add(to);
      }
      for (const node of svg.querySelectorAll(".card")) node.classList.toggle("lit", near.has(node.dataset.card));
    };
    svg.addEventListener("pointerover", (e) => { const c = e.target.closest(".card"); light(c ? c.dataset.card : null); });
    svg.addEventListener("pointerleave", () => light(null));
  }

  // ---- begin

  const suppressed = findings.filter((f) => f.suppressed).length;
  byId("suppressed-switch").hidden = !suppressed;
  byId("suppressed-count").textContent = suppressed;
  byId("filters").hidden = !findings.length;
  if (window.matchMedia("(max-width: 60rem)").matches) byId("facets").open = false;
  makeFacets();
  makeOverview();
  update(true);
  readAddress();
})();
