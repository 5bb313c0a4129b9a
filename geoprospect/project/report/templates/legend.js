// The layer that is shown, and its legend.
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
