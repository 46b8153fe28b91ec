// Let tiles be dragged to another place, by mouse, pen or finger. The buttons of each tile do the same without this.

const grid = document.querySelector("[data-arrange]");
const form = document.getElementById(grid.dataset.arrange);
const EDGE = 64; // pixels from the window's edge where it scrolls

const cards = () => [...grid.querySelectorAll(":scope > .card")];

function drag(grip, down) {
  const card = grip.closest(".card");
  const before = cards();
  let last = null;

  const move = (event) => {
    if (event.clientY < EDGE) scrollBy(0, -12);
    else if (event.clientY > innerHeight - EDGE) scrollBy(0, 12);
    const under = document.elementsFromPoint(event.clientX, event.clientY);
    const over = under.map((each) => each.closest("[data-arrange] > .card")).find((each) => each && each !== card);
    if (!over) return;
    const box = over.getBoundingClientRect();
    const isAfter = event.clientX > box.left + box.width / 2;
    if (last?.over === over && last.isAfter === isAfter) return; // else two tiles of unequal width would dance
    last = { over, isAfter };
    if (isAfter) over.after(card);
    else over.before(card);
  };
  const stop = () => {
    card.classList.remove("held");
    for (const [name, listener] of listeners) removeEventListener(name, listener);
  };
  const drop = () => {
    stop();
    const at = cards().indexOf(card);
    if (at === before.indexOf(card)) return;
    form.elements.tile.value = grip.dataset.grip;
    form.elements.at.value = at;
    form.submit();
  };
  const back = () => {
    stop();
    grid.append(...before);
  };
  const listeners = [
    ["pointermove", move],
    ["pointerup", drop],
    ["pointercancel", back],
    ["keydown", (event) => event.key === "Escape" && back()],
  ];
  down.preventDefault();
  card.classList.add("held");
  for (const [name, listener] of listeners) addEventListener(name, listener);
}

for (const grip of grid.querySelectorAll("[data-grip]")) {
  grip.removeAttribute("hidden");
  grip.addEventListener("pointerdown", (event) => event.button === 0 && drag(grip, event));
}

// A move by its button loads the page again: the same button of the same tile has the focus then, to be pressed again.
const PRESSED = "c360_pressed";

for (const tools of grid.querySelectorAll("form.tools")) {
  tools.addEventListener("submit", (event) => {
    const place = cards().indexOf(tools.closest(".card"));
    sessionStorage.setItem(PRESSED, JSON.stringify([tools.elements.tile.value, event.submitter?.value, place]));
  });
}

function focusAgain() {
  const [tile, action, place] = JSON.parse(sessionStorage.getItem(PRESSED) ?? "[]");
  sessionStorage.removeItem(PRESSED);
  if (!tile) return;
  const all = [...grid.querySelectorAll("form.tools")];
  const tools = all.find((each) => each.elements.tile.value === tile) ?? all[Math.min(place, all.length - 1)];
  const buttons = [...(tools?.querySelectorAll("button:not(:disabled)") ?? [])];
  (buttons.find((each) => each.value === action) ?? buttons[0])?.focus();
}

// Only once the browser has gone to the tile in the address: that takes the focus away.
if (document.readyState === "complete") focusAgain();
else addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(focusAgain)));
