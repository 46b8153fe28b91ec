// Draw the page's charts in the colours of the day or night, and remember which of the two the reader wants.
// The page is whole without this file: figures, tables and definitions are in its HTML.

const root = document.documentElement;
const night = matchMedia("(prefers-color-scheme: dark)");
const asleep = new Set(["data", "datasets", "domain"]); // parts of a specification that hold values, not colours

const NARROW = 420; // pixels

const mode = () => root.dataset.theme ?? (night.matches ? "dark" : "light");

function painted(part, palette) {
  if (Array.isArray(part)) return part.map((item) => painted(item, palette));
  if (part !== null && typeof part === "object") {
    return Object.fromEntries(
      Object.entries(part).map(([key, value]) => [key, asleep.has(key) ? value : painted(value, palette)]),
    );
  }
  return typeof part === "string" && part.startsWith("@") ? (palette[part.slice(1)] ?? part) : part;
}

const drawn = new Map(); // plot element -> function that takes its chart away

function patched(spec, patch) {
  for (const [key, value] of Object.entries(patch)) {
    const goesOn = value !== null && typeof value === "object" && key in spec;
    spec[key] = goesOn ? patched(spec[key], value) : value;
  }
  return spec;
}

function specOf(figure, width) {
  const spec = JSON.parse(figure.querySelector("script").textContent);
  const narrow = spec.usermeta?.narrow;
  return narrow && width < NARROW ? patched(spec, narrow) : spec;
}

// A click on a slice, bar or line adds its value to the filters in the address, or takes it back.
function choose(name, value) {
  if (value === undefined || value === "Other") return;
  const chosen = new URLSearchParams([...new URLSearchParams(location.search)].filter(([, each]) => each !== ""));
  const had = chosen.getAll(name);
  if (!had.includes(value)) chosen.append(name, value);
  else {
    chosen.delete(name);
    for (const each of had) if (each !== value) chosen.append(name, each);
  }
  const query = chosen.toString();
  location.assign(query ? `${location.pathname}?${query}` : location.pathname);
}

async function draw(figure, palette) {
  const plot = figure.querySelector(".plot");
  const spec = specOf(figure, plot.clientWidth);
  drawn.get(plot)?.();
  const filter = figure.dataset.filter;
  if (filter) spec.config = { ...spec.config, mark: { cursor: "pointer" } };
  const { finalize, view } = await globalThis.c360Charts.embed(plot, painted(spec, palette), {
    mode: "vega-lite",
    ast: true, // expressions are interpreted, so the content security policy needs no eval
    actions: false,
    renderer: spec.usermeta?.renderer ?? "svg",
    defaultStyle: false, // our style sheet holds the rules; an injected one would be refused
    tooltip: { disableDefaultStyle: true },
  });
  if (filter) view.addEventListener("click", (_event, item) => choose(filter, item?.datum?.c));
  drawn.set(plot, finalize);
}

async function drawAll() {
  const figures = [...document.querySelectorAll("figure.chart")];
  if (figures.length === 0) return;
  root.dataset.charts = "drawing";
  const palette = JSON.parse(document.getElementById("palettes").textContent)[mode()];
  for (const figure of figures) await draw(figure, palette);
  root.dataset.charts = "drawn";
}

function toggleTheme(event) {
  event.preventDefault();
  const next = mode() === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  document.cookie = `c360_theme=${next}; path=/; max-age=31536000; samesite=lax`;
  drawAll();
}

const PANELS = "details.more[open], details.menu[open], details.act-more[open]";

function closePanels(except) {
  for (const open of document.querySelectorAll(PANELS)) {
    if (open !== except) open.open = false;
  }
}

// Names of customers under a search box while one types; without this the form searches as well.
function suggest(input) {
  const list = Object.assign(document.createElement("ul"), { id: `${input.id}-found`, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.found);
  input.after(list);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  })) input.setAttribute(name, value);
  let waiting, asked = 0, active = -1;

  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) mark(-1);
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((each, at) => each.setAttribute("aria-selected", String(at === index)));
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[index].id);
  };
  const offer = (customers) => {
    list.replaceChildren(...customers.map((customer, at) => optionOf(customer, `${list.id}-${at}`)));
    show(customers.length > 0);
  };
  const ask = async () => {
    const turn = ++asked;
    const text = input.value.trim();
    if (text.length < 2) return show(false);
    const answer = await fetch(`${input.dataset.suggest}?limit=8&search=${encodeURIComponent(text)}`);
    if (turn === asked && answer.ok && document.activeElement === input) offer((await answer.json()).customers);
  };
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 160);
  });
  input.addEventListener("keydown", (event) => {
    const count = list.hidden ? 0 : list.children.length;
    if (event.key === "Escape") show(false);
    else if (count && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      mark((active + (event.key === "ArrowDown" ? 1 : count - 1) + (active < 0 && event.key === "ArrowUp" ? 1 : 0)) % count);
    } else if (count && event.key === "Enter" && active >= 0) {
      event.preventDefault();
      location.href = list.children[active].dataset.href;
    }
  });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the box keeps the focus until the page changes
    const option = event.target.closest("li");
    if (option) location.href = option.dataset.href;
  });
  input.addEventListener("blur", () => show(false));
}

const MASKED = /^[0-9a-f]{32}$/;

function optionOf(customer, id) {
  const shown = (value) => (value && !MASKED.test(value) ? value : "");
  const name = [customer.first_name, customer.last_name].map(shown).filter(Boolean).join(" ");
  const option = Object.assign(document.createElement("li"), { id });
  option.setAttribute("role", "option");
  option.dataset.href = `/customers/${encodeURIComponent(customer.customer_id)}`;
  const under = [name && customer.customer_id, shown(customer.email), customer.found_by].filter(Boolean).join(" · ");
  option.append(
    Object.assign(document.createElement("b"), { textContent: name || customer.customer_id }),
    Object.assign(document.createElement("span"), { textContent: under }),
  );
  return option;
}

document.querySelector("form.theme").addEventListener("submit", toggleTheme);
night.addEventListener("change", () => root.dataset.theme ?? drawAll());
document.addEventListener("click", (event) => closePanels(event.target.closest("details.more, details.menu, details.act-more")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest(PANELS);
  closePanels(null);
  open?.querySelector("summary").focus();
});
// One key decides about the pair that has the focus.
document.addEventListener("keydown", (event) => {
  const pair = document.activeElement?.closest("[data-keys]");
  if (!pair || event.ctrlKey || event.metaKey || event.altKey || document.activeElement.matches("input")) return;
  pair.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});

// A part of the page follows a form while one fills it in; its button does the same without this.
function follow(form) {
  let waiting, asked = 0;
  const ask = async () => {
    const turn = ++asked;
    const answer = await fetch(`${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(form.dataset.live);
    if (turn === asked && answer.ok && found) document.getElementById(form.dataset.live).replaceWith(found);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 350);
  });
}

for (const form of document.querySelectorAll("form[data-live]")) follow(form);
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

document.querySelector(".places [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
for (const input of document.querySelectorAll("input[data-suggest]")) suggest(input);
drawAll();
