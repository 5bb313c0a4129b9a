// The table of targets: headings sort it, and a row shows its place on the map.
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
