// Where things lie on the screen: columns and rows of pixels times a scale.
let width = 0, height = 0, scale = 1, left = 0, top = 0, fit = 1;
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
