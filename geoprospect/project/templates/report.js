"use strict";
(() => {
  const data = JSON.parse(document.getElementById("run-data").textContent);
  const canvas = document.getElementById("map");
  const pen = canvas.getContext("2d");
  const reading = document.getElementById("reading");
  const spoken = document.getElementById("spoken");
  const legend = document.getElementById("legend");
  const chooser = document.getElementById("layer");
  const [rows, columns] = data.shape;
  const [a, b, c, d, e, f] = data.transform;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const minus = "\u2212";

  // What the layers hold: numbers in 65,535 steps as differences along rows, classes as bytes.
  async function inflated(text) {
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  async function numbers(packed) {
    const raw = await inflated(packed.data);
    const n = rows * columns, values = new Float32Array(n);
    const unit = (packed.high - packed.low) / 65534;
    for (let row = 0; row < rows; row++) {
      let step = 0;
      for (let i = row * columns; i < (row + 1) * columns; i++) {
        step = (step + raw[i] + 256 * raw[n + i]) & 65535;
        values[i] = step ? packed.low + (step - 1) * unit : NaN;
      }
    }
    return values;
  }
  async function unpack(layer) {
    layer.values = layer.classes ? await inflated(layer.data) : await numbers(layer);
    delete layer.data;
  }
  async function unpackReasons(reasons) {
    for (const part of reasons.parts) {
      part.layer = await inflated(part.layer.data);
      part.share = await numbers(part.share);
    }
    reasons.ready = true;
  }

  // Words and colours.
  const grouped = (value, digits) =>
    value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits })
      .replace("-", minus);
  function plain(value, layer) {
    if (Number.isNaN(value)) return "no value";
    if (layer.words) return layer.words[Math.round(value)];
    if (layer.percent) {
      const share = 100 * value;
      return `${share !== 0 && share < 0.995 ? Number(share.toPrecision(2)) : grouped(share, share < 10 ? 1 : 0)}%`;
    }
    if (layer.digits !== null) return grouped(value, layer.digits) + layer.unit;
    const size = Math.abs(value);
    const text = size !== 0 && (size < 0.001 || size >= 1e6)
      ? value.toExponential(2) : String(Number(value.toPrecision(3)));
    return text.replace("-", minus) + layer.unit;
  }
  const signed = (value) => `${value < 0 ? minus : "+"}${Math.abs(value).toFixed(1)}`;
  function rank(score) {
    for (const [share, least] of data.areas) if (score >= least) return share;
    return 1;
  }
  function rankWords(score) {
    const share = rank(score);
    return share > 0.5 ? "in the lower half of the area" : `in the best ${Number((100 * share).toPrecision(2))}% of the area`;
  }
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const ramp = data.ramp.map(rgb);
  function onRamp(share) {
    const at = Math.min(Math.max(share, 0), 1) * (ramp.length - 1);
    const low = Math.min(Math.floor(at), ramp.length - 2);
    return ramp[low].map((x, k) => Math.round(x + (ramp[low + 1][k] - x) * (at - low)));
  }
  const areaColours = data.area_classes.map(([share, , colour]) => [share, rgb(colour)]);
  const leastOf = new Map(data.areas);

  // The picture of a layer, a pixel a cell.
  const views = data.views, layers = data.layers;
  let view = null;
  function painted(which) {
    if (which.image) return which.image;
    const layer = layers[which.layer], image = document.createElement("canvas");
    image.width = columns;
    image.height = rows;
    const paper = image.getContext("2d"), pixels = paper.createImageData(columns, rows);
    const words = new Uint32Array(pixels.data.buffer);
    const word = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    const table = Array.from({ length: 256 }, (_, k) => word(onRamp(k / 255)));
    const classes = (layer.colours || []).map((hex) => word(rgb(hex)));
    const steps = areaColours.map(([share, colour]) => [leastOf.get(share), word(colour)]);
    const [low, high] = layer.limits || [0, 1], span = high - low || 1;
    for (let i = 0; i < words.length; i++) {
      const value = layer.values[i];
      if (layer.classes) words[i] = value ? classes[value - 1] : 0;
      else if (Number.isNaN(value)) words[i] = 0;
      else if (which.how === "area") words[i] = (steps.find(([least]) => value >= least) || steps[steps.length - 1])[1];
      else words[i] = table[Math.round(255 * Math.min(Math.max((value - low) / span, 0), 1))];
    }
    paper.putImageData(pixels, 0, 0);
    which.image = image;
    return image;
  }
  function doubted(mask) {
    if (mask.image) return mask.image;
    const layer = layers[mask.layer], image = document.createElement("canvas");
    image.width = columns;
    image.height = rows;
    const paper = image.getContext("2d"), pixels = paper.createImageData(columns, rows);
    for (let i = 0; i < layer.values.length; i++)
      if (mask.classes.includes(Math.round(layer.values[i]))) pixels.data[4 * i + 3] = 255;
    paper.putImageData(pixels, 0, 0);
    mask.image = image;
    return image;
  }
  function hatching() {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const paper = tile.getContext("2d");
    for (const [colour, width] of [["rgba(255,255,255,.9)", 2.6], ["#111", 1.2]]) {
      paper.strokeStyle = colour;
      paper.lineWidth = width;
      paper.beginPath();
      for (const at of [-8, 0, 8]) {
        paper.moveTo(at - 1, 9);
        paper.lineTo(at + 9, -1);
      }
      paper.stroke();
    }
    return pen.createPattern(tile, "repeat");
  }

  // Where things lie on the screen: columns and rows of pixels times a scale.
  let width = 0, height = 0, scale = 1, left = 0, top = 0, fit = 1, cell = null, chosen = null;
  const high = data.aspect; // of a pixel, against its width
  function fitted() {
    fit = Math.min(width / columns, height / (rows * high));
    scale = fit;
    left = (width - columns * fit) / 2;
    top = (height - rows * high * fit) / 2;
  }
  function resized() {
    if (!canvas.parentElement.clientWidth) return; // hidden, as on paper
    const whole = scale === fit;
    width = canvas.parentElement.clientWidth;
    const wanted = (width * rows * high) / columns;
    height = Math.round(Math.max(260, Math.min(wanted, innerHeight * 0.72, 820)));
    const dots = devicePixelRatio || 1;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * dots);
    canvas.height = Math.round(height * dots);
    if (whole) fitted();
    draw();
  }
  function zoomed(factor, x = width / 2, y = height / 2) {
    const next = Math.min(Math.max(scale * factor, fit), Math.max(fit, 60));
    left = x - ((x - left) * next) / scale;
    top = y - ((y - top) * next) / scale;
    scale = next;
    kept();
    draw();
  }
  function kept() {
    const across = columns * scale, down = rows * high * scale;
    left = across <= width ? (width - across) / 2 : Math.min(40, Math.max(width - across - 40, left));
    top = down <= height ? (height - down) / 2 : Math.min(40, Math.max(height - down - 40, top));
    canvas.style.touchAction = scale > fit ? "none" : "pan-y";
  }
  function centred(column, row, least) {
    scale = Math.max(scale, least);
    left = width / 2 - column * scale;
    top = height / 2 - row * high * scale;
    kept();
  }
  const at = (column, row) => [left + column * scale, top + row * high * scale];

  // Drawing.
  let waiting = false;
  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      drawn();
    });
  }
  function drawn() {
    const dots = devicePixelRatio || 1;
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    pen.fillStyle = "#f1f1f1";
    pen.fillRect(0, 0, width, height);
    if (!view) return;
    pen.imageSmoothingEnabled = false;
    const [x, y] = at(0, 0), box = [x, y, columns * scale, rows * high * scale];
    pen.fillStyle = "#e4e4e4";
    pen.fillRect(...box);
    pen.drawImage(painted(view), ...box);
    if (data.doubt && layers[data.doubt.layer].values && shown("doubt")) drawHatching(box);
    drawGraticule();
    for (const points of data.points) if (shown(points.key)) drawPoints(points);
    if (shown("targets")) data.targets.forEach(drawTarget);
    if (cell) drawCell();
    drawScale();
    drawNorth();
  }
  function shown(key) {
    const box = document.getElementById(`show-${key}`);
    return box !== null && box.checked;
  }
  function drawHatching(box) {
    const dots = devicePixelRatio || 1, sheet = document.createElement("canvas");
    sheet.width = canvas.width;
    sheet.height = canvas.height;
    const paper = sheet.getContext("2d");
    paper.setTransform(dots, 0, 0, dots, 0, 0);
    paper.imageSmoothingEnabled = false;
    paper.drawImage(doubted(data.doubt), ...box);
    paper.globalCompositeOperation = "source-in";
    paper.fillStyle = hatching();
    paper.fillRect(0, 0, width, height);
    pen.drawImage(sheet, 0, 0, width, height);
  }
  function halo(text, x, y, align = "left") {
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = align;
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.strokeStyle = "rgba(255,255,255,.92)";
    pen.lineWidth = 4;
    pen.strokeText(text, x, y);
    pen.fillStyle = "#1d1d1d";
    pen.fillText(text, x, y);
  }
  function drawGraticule() {
    if (b !== 0 || d !== 0) return;
    const spanX = (Math.abs(a) * width) / scale;
    const raw = spanX / Math.max(2, Math.floor(width / 170)), power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((k) => k * power).find((x) => x >= raw);
    const digits = Math.max(0, -Math.floor(Math.log10(step / data.axes.factor)));
    const label = (value) => grouped(value / data.axes.factor, digits) + data.axes.unit;
    pen.strokeStyle = "rgba(60,60,60,.28)";
    pen.lineWidth = 1;
    const labels = [], toX = (x) => at((x - c) / a, 0)[0], toY = (y) => at(0, (y - f) / e)[1];
    const fromX = (x) => c + ((x - left) / scale) * a, fromY = (y) => f + ((y - top) / scale / high) * e;
    const lines = (from, to) => {
      const [low, top_] = from < to ? [from, to] : [to, from], out = [];
      for (let k = Math.ceil(low / step); k * step <= top_; k++) out.push(k * step);
      return out;
    };
    pen.beginPath();
    for (const value of lines(fromX(0), fromX(width))) {
      const x = Math.round(toX(value)) + 0.5;
      pen.moveTo(x, 0);
      pen.lineTo(x, height);
      if (x > 90 && x < width - 40) labels.push([label(value), x, height - 10, "center"]);
    }
    for (const value of lines(fromY(0), fromY(height))) {
      const y = Math.round(toY(value)) + 0.5;
      pen.moveTo(0, y);
      pen.lineTo(width, y);
      if (y > 140 && y < height - 56) labels.push([label(value), 5, y, "left"]);
    }
    pen.stroke();
    for (const [text, x, y, align] of labels) halo(text, x, y, align);
  }
  function drawPoints(points) {
    const size = Math.min(7, 3.4 + scale / fit / 2) * (points.small ? 0.6 : 1);
    pen.lineWidth = 1.2;
    pen.fillStyle = points.fill;
    pen.strokeStyle = points.edge;
    for (let i = 0; i < points.x.length; i++) {
      const [x, y] = at(points.x[i], points.y[i]);
      if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
      pen.beginPath();
      if (points.shape === "triangle") {
        pen.moveTo(x, y - size * 1.15);
        pen.lineTo(x + size, y + size * 0.8);
        pen.lineTo(x - size, y + size * 0.8);
        pen.closePath();
      } else if (points.shape === "cross") {
        pen.moveTo(x - size, y - size);
        pen.lineTo(x + size, y + size);
        pen.moveTo(x - size, y + size);
        pen.lineTo(x + size, y - size);
      } else pen.arc(x, y, size, 0, 2 * Math.PI);
      if (points.shape === "cross") {
        pen.strokeStyle = "rgba(255,255,255,.9)";
        pen.lineWidth = 3;
        pen.stroke();
        pen.strokeStyle = points.edge;
        pen.lineWidth = 1.2;
      } else pen.fill();
      pen.stroke();
    }
  }
  function drawTarget(target, number) {
    const [x, y] = at(target.x, target.y), bright = number === chosen;
    if (target.rings) {
      pen.beginPath();
      for (const ring of target.rings) {
        ring.forEach(([column, row], k) => pen[k ? "lineTo" : "moveTo"](...at(column, row)));
        pen.closePath();
      }
      for (const [colour, thick] of [["#fff", bright ? 6 : 3.6], [bright ? "#c8102e" : "#111", bright ? 3.2 : 1.4]]) {
        pen.strokeStyle = colour;
        pen.lineWidth = thick;
        pen.stroke();
      }
    }
    if (!bright && number > 24 && scale < 3 * fit) return;
    pen.font = "bold 11px system-ui, sans-serif";
    const half = pen.measureText(target.label).width / 2 + 4;
    pen.fillStyle = bright ? "#c8102e" : "#111";
    pen.fillRect(x - half, y - 8, 2 * half, 16);
    pen.strokeStyle = "#fff";
    pen.lineWidth = 1;
    pen.strokeRect(x - half, y - 8, 2 * half, 16);
    pen.fillStyle = "#fff";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(target.label, x, y + 0.5);
  }
  function drawCell() {
    const [x, y] = at(cell.column, cell.row), w = Math.max(scale, 7), h = Math.max(scale * high, 7);
    const from = [x + scale / 2 - w / 2, y + (scale * high) / 2 - h / 2];
    for (const [colour, thick] of [["#fff", 4], ["#c8102e", 2]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.strokeRect(...from, w, h);
    }
  }
  function drawScale() {
    if (!data.metres) return;
    const raw = (data.metres / scale) * Math.min(150, width / 3);
    const power = 10 ** Math.floor(Math.log10(raw));
    const length = [5, 2, 1].map((k) => k * power).find((x) => x <= raw);
    const w = (length * scale) / data.metres, x = width - w - 14, y = height - 30;
    pen.fillStyle = "rgba(255,255,255,.82)";
    pen.fillRect(x - 8, y - 22, w + 16, 32);
    pen.fillStyle = "#1d1d1d";
    pen.fillRect(x, y, w, 4);
    halo(length >= 1000 ? `${grouped(length / 1000, 0)} km` : `${Number(length.toPrecision(2))} m`, x + w / 2, y - 11, "center");
  }
  function drawNorth() {
    const x = width - 24, y = 30;
    pen.save();
    pen.translate(x, y);
    pen.fillStyle = "rgba(255,255,255,.82)";
    pen.beginPath();
    pen.arc(0, 0, 20, 0, 2 * Math.PI);
    pen.fill();
    pen.rotate(data.north);
    pen.fillStyle = "#1d1d1d";
    pen.beginPath();
    pen.moveTo(0, -16);
    pen.lineTo(6, 4);
    pen.lineTo(0, 0);
    pen.lineTo(-6, 4);
    pen.fill();
    pen.font = "bold 11px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText("N", 0, 12);
    pen.restore();
  }

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

  // The legend.
  function swatch(colour, text) {
    const item = document.createElement("li"), patch = document.createElement("span");
    patch.className = "patch";
    patch.style.background = colour;
    item.append(patch, text);
    return item;
  }
  function explained() {
    const layer = layers[view.layer], list = document.createElement("ul");
    legend.replaceChildren();
    const title = document.createElement("p");
    title.textContent = view.meaning;
    if (view.how === "area") for (const [, words, colour] of data.area_classes) list.append(swatch(colour, words));
    else if (layer.classes) layer.classes.forEach((name, k) => list.append(swatch(layer.colours[k], name)));
    else {
      const bar = document.createElement("div"), ends = document.createElement("div");
      bar.className = "bar";
      bar.style.background = `linear-gradient(90deg, ${data.ramp.join(",")})`;
      ends.className = "ends";
      const [low, top_] = layer.limits;
      for (const value of [low, (low + top_) / 2, top_]) {
        const end = document.createElement("span");
        end.textContent = plain(value, layer);
        ends.append(end);
      }
      legend.append(title, bar, ends);
      return;
    }
    legend.append(title, list);
  }
  function selected(number) {
    view = views[number];
    explained();
    draw();
  }
  chooser.addEventListener("change", async () => {
    const number = chooser.selectedIndex;
    while (!layers[views[number].layer].values) await new Promise((done) => setTimeout(done, 30));
    selected(number);
  });

  // Tables: headings sort, and a row of the targets shows its place.
  const table = document.getElementById("targets");
  function choose(number, go = true) {
    chosen = number;
    for (const row of table.tBodies[0].rows) {
      const mine = Number(row.dataset.target) === number;
      row.classList.toggle("chosen", mine);
      if (mine && !go) row.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    }
    if (go) {
      const target = data.targets[number];
      const box = document.getElementById("show-targets");
      box.checked = true;
      centred(target.x, target.y, 4 * fit);
      pinned = true;
      read(Math.floor(target.y), Math.floor(target.x));
      canvas.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    }
    draw();
  }
  if (table)
    table.tBodies[0].addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row && row.dataset.target !== undefined) choose(Number(row.dataset.target));
    });
  for (const sortable of document.querySelectorAll("table.sortable"))
    [...sortable.tHead.rows[0].cells].forEach((head, place) => {
      const button = head.querySelector("button");
      if (!button) return;
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const other of sortable.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const value = (row) => row.cells[place].dataset.value ?? row.cells[place].textContent.trim();
        const body = sortable.tBodies[0], sorted = [...body.rows].sort((one, two) => {
          const [p, q] = [value(one), value(two)], [n, m] = [Number(p), Number(q)];
          if (p === "" || q === "") return (p === "") - (q === "");
          const order = Number.isNaN(n) || Number.isNaN(m) ? p.localeCompare(q) : n - m;
          return up ? order : -order;
        });
        body.append(...sorted);
      });
    });

  // Begin: the score first, the others behind it.
  (async () => {
    if (!("DecompressionStream" in window)) {
      reading.textContent = "This browser is too old to read the map; below is a picture of it.";
      document.querySelector(".printed").style.display = "block";
      return;
    }
    await unpack(layers[0]);
    selected(0);
    scale = fit = -1;
    resized();
    new ResizeObserver(resized).observe(canvas.parentElement);
    for (const layer of layers.slice(1)) await unpack(layer);
    if (data.reasons) await unpackReasons(data.reasons);
    if (cell) read(cell.row, cell.column);
    draw();
    document.documentElement.dataset.ready = "yes";
  })();
})();
