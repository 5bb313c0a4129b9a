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
