// Points, targets, and the cell that is read.
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
