// The map drawn whole, once a frame: cells, hatching, then what lies over them.
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
