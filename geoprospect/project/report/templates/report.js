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
  const views = data.views, layers = data.layers;
  let view = null; // of the views, the one shown
  let cell = null; // the row and column that are read
  let chosen = null; // the number of the target that is highlighted

  // The parts of the map, a subject each; they share what stands above and each other's functions.
{% for part in ["unpacking", "words", "pictures", "screen", "furniture", "marks", "drawing", "reading", "pointing",
                "legend", "targets"] %}
{% include part ~ ".js" %}

{% endfor %}

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
