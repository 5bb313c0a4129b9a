// Numbers and ranks in words.
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
