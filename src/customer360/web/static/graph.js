// Zoom a graph, light up the whole way through a box, and go from box to box by keyboard.
// Without this the graph is a picture with links, and the lists below it say the same.

const STEP = 1.25, LEAST = 0.3, MOST = 3;

function graph(frame, tools) {
  const svg = frame.querySelector("svg");
  const boxes = [...svg.querySelectorAll("a")];
  const lines = [...svg.querySelectorAll("path")].map((path) => ({
    path, one: Number(path.dataset.one), other: Number(path.dataset.other),
  }));
  const whole = { width: Number(svg.getAttribute("width")), height: Number(svg.getAttribute("height")) };
  let zoom = 1;

  const scale = (wanted) => {
    const next = Math.min(MOST, Math.max(LEAST, wanted));
    const middle = (frame.scrollLeft + frame.clientWidth / 2) / zoom;
    zoom = next;
    svg.setAttribute("width", whole.width * zoom);
    svg.setAttribute("height", whole.height * zoom);
    frame.scrollLeft = middle * zoom - frame.clientWidth / 2;
  };
  const ways = {
    in: () => scale(zoom * STEP),
    out: () => scale(zoom / STEP),
    fit: () => scale(Math.min(1, (frame.clientWidth - 2) / whole.width)),
  };

  // Everything before a box, everything after it, and the lines between.
  const along = (start, from, to) => {
    const seen = new Set([start]), waiting = [start], used = new Set();
    while (waiting.length) {
      const at = waiting.pop();
      for (const line of lines) {
        if (line[from] !== at) continue;
        used.add(line);
        if (!seen.has(line[to])) waiting.push(line[to]);
        seen.add(line[to]);
      }
    }
    return { seen, used };
  };
  const light = (at) => {
    const back = along(at, "other", "one"), on = along(at, "one", "other");
    svg.classList.add("lit");
    boxes.forEach((box, each) => box.classList.toggle("on", back.seen.has(each) || on.seen.has(each)));
    for (const line of lines) line.path.classList.toggle("on", back.used.has(line) || on.used.has(line));
  };
  const dark = () => svg.classList.remove("lit");

  const place = (box) => {
    const rect = box.querySelector("rect");
    return { x: Number(rect.getAttribute("x")), y: Number(rect.getAttribute("y")) };
  };
  const nearest = (found, y) => found.sort((a, b) => Math.abs(place(boxes[a]).y - y) - Math.abs(place(boxes[b]).y - y))[0];
  const neighbour = (at, key) => {
    const { x, y } = place(boxes[at]);
    if (key === "ArrowLeft") return nearest(lines.filter((line) => line.other === at).map((line) => line.one), y);
    if (key === "ArrowRight") return nearest(lines.filter((line) => line.one === at).map((line) => line.other), y);
    const column = boxes.map((_, each) => each).filter((each) => place(boxes[each]).x === x);
    return column[column.indexOf(at) + (key === "ArrowDown" ? 1 : -1)];
  };
  const enter = (at) => {
    boxes.forEach((box, each) => box.setAttribute("tabindex", each === at ? "0" : "-1"));
    boxes[at].focus({ preventScroll: true });
    boxes[at].scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    const at = boxes.indexOf(document.activeElement);
    if (way) ways[way]();
    else if (event.key === "Escape") dark();
    else if (at >= 0 && event.key.startsWith("Arrow")) {
      const next = neighbour(at, event.key);
      if (next !== undefined) enter(next);
    } else return;
    event.preventDefault();
  });
  boxes.forEach((box, at) => {
    box.addEventListener("focus", () => light(at));
    box.addEventListener("pointerenter", () => light(at));
  });
  svg.addEventListener("pointerleave", dark);
  svg.addEventListener("focusout", dark);
  tools.hidden = false;
  for (const button of tools.querySelectorAll("[data-zoom]")) button.addEventListener("click", ways[button.dataset.zoom]);
}

for (const frame of document.querySelectorAll("[data-graph]")) graph(frame, frame.previousElementSibling);
