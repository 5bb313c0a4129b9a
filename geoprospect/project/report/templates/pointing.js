// Pointers: one moves the map, two zoom it, a hover or a tap reads a cell.
const pointers = new Map();
let moved = 0, pinned = false;
canvas.addEventListener("pointerdown", (event) => {
  pointers.set(event.pointerId, under(event));
  canvas.setPointerCapture(event.pointerId);
  moved = 0;
});
canvas.addEventListener("pointermove", (event) => {
  const now = under(event), before = pointers.get(event.pointerId);
  if (!before) {
    if (event.pointerType === "mouse" && !pinned) read(now.row, now.column);
    return;
  }
  const other = [...pointers].find(([id]) => id !== event.pointerId);
  if (other) {
    const far = (p, q) => Math.hypot(p.x - q.x, p.y - q.y) || 1;
    pointers.set(event.pointerId, now);
    zoomed(far(now, other[1]) / far(before, other[1]), (now.x + other[1].x) / 2, (now.y + other[1].y) / 2);
    moved = 99;
    return;
  }
  moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
  if (moved > 6 && scale > fit) {
    left += now.x - before.x;
    top += now.y - before.y;
    kept();
    draw();
  }
  pointers.set(event.pointerId, now);
});
canvas.addEventListener("pointerup", (event) => {
  const now = under(event);
  if (pointers.delete(event.pointerId) && moved <= 6) {
    pinned = false;
    read(now.row, now.column);
    const hit = data.targets.findIndex((target) => {
      const [x, y] = at(target.x, target.y);
      return Math.abs(x - now.x) < 12 && Math.abs(y - now.y) < 12;
    });
    if (hit >= 0 && shown("targets")) choose(hit, false);
  }
});
canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
canvas.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && document.activeElement !== canvas) return; // the page scrolls
  event.preventDefault();
  const now = under(event);
  zoomed(2 ** (-event.deltaY / (event.deltaMode ? 12 : 300)), now.x, now.y);
}, { passive: false });
canvas.addEventListener("keydown", (event) => {
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const step = steps[event.key];
  if (step) {
    const far = event.shiftKey ? 10 : 1;
    const from = cell || { row: Math.floor(rows / 2), column: Math.floor(columns / 2) };
    const row = Math.min(Math.max(from.row + far * step[0], 0), rows - 1);
    const column = Math.min(Math.max(from.column + far * step[1], 0), columns - 1);
    const [x, y] = at(column, row);
    if (x < 0 || y < 0 || x > width || y > height) centred(column, row, scale);
    read(row, column, true);
  } else if (event.key === "+" || event.key === "=") zoomed(1.5, ...onCell());
  else if (event.key === "-") zoomed(1 / 1.5, ...onCell());
  else if (event.key === "0") whole();
  else return;
  event.preventDefault();
});
const onCell = () => (cell ? at(cell.column + 0.5, cell.row + 0.5) : [width / 2, height / 2]);
function whole() {
  fitted();
  kept();
  draw();
}
document.getElementById("closer").addEventListener("click", () => zoomed(1.6));
document.getElementById("farther").addEventListener("click", () => zoomed(1 / 1.6));
document.getElementById("whole").addEventListener("click", whole);
for (const box of document.querySelectorAll(".shown input")) box.addEventListener("change", draw);
