// Reading a cell.
const held = new Map();
for (const points of data.points)
  points.x.forEach((x, i) => {
    const key = Math.floor(points.y[i]) * columns + Math.floor(x);
    const names = held.get(key) || new Map();
    names.set(points.one, (names.get(points.one) || 0) + 1);
    held.set(key, names);
  });
function facts(row, column) {
  const i = row * columns + column, x = c + a * (column + 0.5) + b * (row + 0.5);
  const y = f + d * (column + 0.5) + e * (row + 0.5);
  const place = (value) => grouped(value / data.axes.factor, data.axes.digits) + data.axes.unit;
  const out = [[data.axes.names, `${place(x)}, ${place(y)}`, "place"]];
  for (const layer of layers) {
    if (!layer.values || layer.silent) continue;
    const value = layer.values[i];
    if (layer.classes) out.push([layer.title, value ? layer.classes[value - 1] : "no value", layer.key]);
    else out.push([layer.title, plain(value, layer), layer.key]);
    if (layer.key === "score" && !Number.isNaN(value)) out.push(["that is", rankWords(value), "rank"]);
  }
  if (data.reasons && data.reasons.ready) {
    const why = data.reasons.parts.filter((part) => part.layer[i])
      .map((part) => `${data.reasons.names[part.layer[i] - 1]} (${signed(part.share[i])})`);
    if (why.length) out.push([data.reasons.title, why.join(", "), "reasons"]);
  }
  const here = held.get(i);
  if (here) out.push(["points here", [...here].map(([name, n]) => (n > 1 ? `${n} × ${name}` : name)).join(", "), "points"]);
  return out;
}
function read(row, column, aloud = false) {
  if (row < 0 || column < 0 || row >= rows || column >= columns) return;
  cell = { row, column };
  reading.dataset.row = row;
  reading.dataset.column = column;
  const list = document.createElement("dl");
  for (const [name, text, key] of facts(row, column)) {
    const term = document.createElement("dt"), value = document.createElement("dd");
    term.textContent = name;
    value.textContent = text;
    value.dataset.key = key;
    list.append(term, value);
  }
  reading.replaceChildren(list);
  if (aloud) spoken.textContent = facts(row, column).map(([name, text]) => `${name}: ${text}`).join("; ");
  draw();
}
function under(event) {
  const box = canvas.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  return { x, y, column: Math.floor((x - left) / scale), row: Math.floor((y - top) / scale / high) };
}
