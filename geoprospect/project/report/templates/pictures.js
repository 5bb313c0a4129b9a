// Pictures of layers, a pixel a cell, in the colours of their legend.
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const ramp = data.ramp.map(rgb);
function onRamp(share) {
  const at = Math.min(Math.max(share, 0), 1) * (ramp.length - 1);
  const low = Math.min(Math.floor(at), ramp.length - 2);
  return ramp[low].map((x, k) => Math.round(x + (ramp[low + 1][k] - x) * (at - low)));
}
const areaColours = data.area_classes.map(([share, , colour]) => [share, rgb(colour)]);
const leastOf = new Map(data.areas);

// The picture of a layer, kept with what asks for it; `paint` sets the bytes of its pixels.
function pictured(asked, paint) {
  if (asked.image) return asked.image;
  const image = document.createElement("canvas");
  image.width = columns;
  image.height = rows;
  const paper = image.getContext("2d"), pixels = paper.createImageData(columns, rows);
  paint(pixels.data, layers[asked.layer]);
  paper.putImageData(pixels, 0, 0);
  asked.image = image;
  return image;
}
const painted = (which) => pictured(which, (bytes, layer) => {
  const words = new Uint32Array(bytes.buffer);
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
});
const doubted = (mask) => pictured(mask, (bytes, layer) => {
  for (let i = 0; i < layer.values.length; i++)
    if (mask.classes.includes(Math.round(layer.values[i]))) bytes[4 * i + 3] = 255;
});
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
