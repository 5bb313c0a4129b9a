// What a map needs beside its cells: coordinates, a scale bar, an arrow to the north.
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
