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

async function draw(figure, palette) {
  const plot = figure.querySelector(".plot");
  const spec = specOf(figure, plot.clientWidth);
  drawn.get(plot)?.();
  const { finalize } = await globalThis.c360Charts.embed(plot, painted(spec, palette), {
    mode: "vega-lite",
    ast: true, // expressions are interpreted, so the content security policy needs no eval
    actions: false,
    renderer: spec.usermeta?.renderer ?? "svg",
    defaultStyle: false, // our style sheet holds the rules; an injected one would be refused
    tooltip: { disableDefaultStyle: true },
  });
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

function closePanels(except) {
  for (const open of document.querySelectorAll("details.more[open]")) {
    if (open !== except) open.open = false;
  }
}

document.querySelector("form.theme").addEventListener("submit", toggleTheme);
night.addEventListener("change", () => root.dataset.theme ?? drawAll());
document.addEventListener("click", (event) => closePanels(event.target.closest("details.more")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest("details.more[open]");
  closePanels(null);
  open?.querySelector("summary").focus();
});
drawAll();
