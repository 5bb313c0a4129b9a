"""The tables of a report, as text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd

from geoprospect.errors import without_secrets
from geoprospect.project import results
from geoprospect.project.report.curves import FIGURE_NAMES
from geoprospect.project.report.marks import MOST_TARGETS
from geoprospect.project.report.material import Material
from geoprospect.project.report.verdict import plain_method
from geoprospect.report.page import with_minus
from geoprospect.scoring.page import capture_row
from geoprospect.scoring.verdict import percent

_AUDIT = (
    ("no_coordinates", "have no coordinates"),
    ("outside", "lie outside the grid"),
    ("excluded", "lie outside the study area"),
    ("invalid", "lie where a layer has no value"),
    ("no_label", "have no label"),
)
_TARGET_NAMES = {
    "rank": "rank", "shortlist": "shortlist", "ground": "ground", "area_km2": "area, km²",
    "max_score": "greatest score", "mean_score": "mean score", "deposits": "deposits expected",
    "dep_low": "at least", "dep_high": "at most", "uncertain": "uncertainty",
    "inside_aoa": "applicable", "km_known": "km to a known one", "km_roads": "km to a road",
    "km_claims": "km to a claim", "longitude": "longitude", "latitude": "latitude",
    "reasons": "because of",
}  # fmt: skip
_SHARES = {"inside_aoa"}


def captures(material: Material) -> list[dict[str, Any]]:
    """Give what the best parts of the area hold, the figures to be quoted first."""
    tables = []
    for role, score in material.roles.items():
        quoted = score.get(score["headline"]["points"]) or score
        which = [(f"{role} occurrences", score)]
        if quoted is not score:
            which.insert(0, (f"{role} occurrences, to be quoted", quoted))
        for title, figures in which:
            tables.append(capture_row(title, figures))
    return tables


def best_parts(material: Material) -> list[str]:
    """Name the parts of the area that `captures` tells of."""
    first = next(iter(material.roles.values()))
    return [f"best {part['area']:.0%}" for part in first["captures"]]


def methods(choice: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what each method scored on regions held out, the best first."""
    rows = []
    for name, value in sorted(choice["compared"].items(), key=lambda item: -item[1]):
        gap = choice["over"].get(name)
        rows.append(
            {
                "name": plain_method(name),
                "chosen": name == choice["method"],
                "value": f"{value:.3f}",
                "gap": "" if gap is None else _signed(gap[0]),
                "interval": "" if gap is None else f"{_signed(gap[1])} to {_signed(gap[2])}",
                "sure": gap is not None and (gap[1] > 0 or gap[2] < 0),
            }
        )
    return rows


def _signed(value: float) -> str:
    return with_minus(f"{value:+z.3f}")


def folds(choice: dict[str, Any]) -> list[tuple[int, int, int]]:
    """Give how many cells each region held out holds, and how many of them an occurrence."""
    told = choice.get("folds") or {"fold": [], "occurrence": []}
    pairs = list(zip(told["fold"], told["occurrence"], strict=True))
    return [
        (
            number,
            sum(fold == number for fold, _ in pairs),
            sum(1 for pair in pairs if pair == (number, 1)),
        )
        for number in sorted(set(told["fold"]))
    ]


def figure_name(choice: dict[str, Any]) -> str:
    """Name the figure that methods were compared by."""
    return FIGURE_NAMES[choice["figure"]]


def worths(importance: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what each layer, and each group that goes together, is worth, the most first."""
    rows = []
    for group, drops in ((False, importance["single"]), (True, importance["groups"])):
        for drop in drops:
            low, high = drop["worth"]["interval"]
            rows.append(
                {
                    "layers": " + ".join(drop["layers"]),
                    "group": group,
                    "worth": _signed(drop["worth"]["value"]),
                    "interval": f"{_signed(low)} to {_signed(high)}",
                    "sure": low > 0,
                }
            )
    return rows


def audit(material: Material) -> list[dict[str, Any]]:
    """Give how many points of each file were read and used, and why others were not."""
    rows = []
    for role, score in material.roles.items():
        counts = score["audit"]
        reasons = [f"{len(counts[key])} {why}" for key, why in _AUDIT if counts[key]]
        if counts["not_chosen"]:
            reasons.append(f"{counts['not_chosen']} left out by the condition `where`")
        rows.append(
            {
                "role": f"{role} points",
                "file": Path(without_secrets(score["points"])).name,
                "read": counts["n_read"],
                "used": counts["n_kept"],
                "why": "; ".join(reasons) or "none",
                "shared": sum(len(rows_) for rows_ in counts["shared"]),
                "conflicting": sum(len(rows_) for rows_ in counts["conflicting"]),
                "repeats": len(score["repeats"] or ()),
            }
        )
    return rows


def log_by_subject(material: Material) -> list[tuple[str, list[str]]]:
    """Give the lines of the log under what they tell of, in their order."""
    groups: dict[str, list[str]] = {}
    for line in material.log:
        subject, colon, text = line.partition(": ")
        if not colon or len(subject) > 40:
            subject, text = "other", line
        groups.setdefault(subject, []).append(text)
    return list(groups.items())


def targets(table: gpd.GeoDataFrame | None) -> dict[str, Any] | None:
    """Give the targets' fields that hold something, and their rows."""
    if table is None or not len(table):
        return None
    names = [name for name in _TARGET_NAMES if name in table and table[name].notna().any()]
    names = names or [name for name in table.columns if name != table.geometry.name][:8]
    shown = table.iloc[:MOST_TARGETS]
    rows = [
        [_cell(name, value) for name, value in zip(names, row, strict=True)]
        for row in shown[names].itertuples(index=False)
    ]
    return {
        "heads": [_TARGET_NAMES.get(name, name) for name in names],
        "rows": rows,
        "n": len(table),
    }


def _cell(name: str, value: Any) -> dict[str, str]:
    """Write a value of a target, and what it sorts by."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return {"text": "–", "value": ""}
    if isinstance(value, str):
        return {"text": value, "value": value}
    number = float(value)
    if name in _SHARES:
        text = percent(number)
    elif name in ("longitude", "latitude"):
        text = f"{number:.4f}"
    elif name in ("max_score", "mean_score", "uncertain"):
        text = f"{number:.3f}"
    else:
        text = f"{number:.0f}" if number == int(number) else f"{number:.3g}"
    return {"text": text.replace("-", "−"), "value": f"{number:.9g}"}


def settings(material: Material) -> list[tuple[str, str]]:
    """Give the settings of the project that were chosen, by their place in its file."""
    return [
        (name, text)
        for name, text in _flat(material.manifest["project"])
        if not name.startswith(("evidence", "points", "path", "folder"))
    ]


def _flat(content: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Give the values of nested settings that are given, by dotted names."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _flat(value, f"{name}.{key}" if name else str(key))
    elif content not in (None, [], ()):
        text = ", ".join(map(str, content)) if isinstance(content, list) else str(content)
        yield name, without_secrets(text)


def layers(material: Material) -> list[str]:
    """Name the layers of the evidence, with their files."""
    evidence = material.manifest["project"]["evidence"]
    if isinstance(evidence, str):
        return [Path(without_secrets(evidence)).name]
    found = []
    for name, column in evidence.items():
        path = column.get("path") if isinstance(column, dict) else None
        found.append(f"{name} ({Path(without_secrets(str(path))).name})" if path else name)
    return found


def products(material: Material) -> list[dict[str, str]]:
    """Give the files of the run with their checksums, and what they are."""
    meanings = {product.file: product.title for product in results.PRODUCTS}
    return [
        {"file": file, "what": _meaning(file, meanings), "sum": checksum}
        for file, checksum in sorted(material.manifest["outputs"].items())
        if file != results.REPORT.file and not file.startswith(f"{results.MODEL.file}/member")
    ]


def _meaning(file: str, meanings: dict[str, str]) -> str:
    """Say what a file of a run is, or what it does for the raster of its name."""
    beside = {".qml": "how QGIS draws it", ".qmd": "what QGIS says of it"}
    return meanings.get(file.partition("/")[0], "") or beside.get(Path(file).suffix, "")
