"""A check of JSON against the part of JSON Schema that the package's schemas use."""

import math
from collections.abc import Iterator
from typing import Any

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def faults(value: Any, schema: dict, path: str = "", root: dict | None = None) -> Iterator[str]:
    """Give what a value has other than its schema says."""
    root = root or schema
    unknown = set(schema) - {
        "$schema", "$defs", "$ref", "title", "description", "type", "properties", "required",
        "additionalProperties", "items", "minItems", "maxItems", "minimum", "maximum", "enum",
        "anyOf",
    }  # fmt: skip
    assert not unknown, unknown
    if "$ref" in schema:
        target = root
        for key in schema["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        yield from faults(value, target, path, root)
    if "anyOf" in schema:
        found = [list(faults(value, one, path, root)) for one in schema["anyOf"]]
        if all(found):
            yield from min(found, key=len)
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    if names and not any(isinstance(value, TYPES[name]) for name in names):
        yield f"{path}: {value!r} is no {' or '.join(names)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {', '.join(schema['enum'])}"
    if isinstance(value, dict):
        yield from _object_faults(value, schema, path, root)
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{path}: {len(value)} items"
        for number, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), f"{path}[{number}]", root)
    if isinstance(value, int | float):
        low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
        if not low <= value <= high:
            yield f"{path}: {value} is beyond {low} to {high}"


def _object_faults(value: dict, schema: dict, path: str, root: dict) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{path}.{name}: missing".lstrip(".")
    if schema.get("additionalProperties") is False:
        for name in value.keys() - properties.keys():
            yield f"{path}.{name}: not in the schema".lstrip(".")
    for name, one in properties.items():
        if name in value:
            yield from faults(value[name], one, f"{path}.{name}".lstrip("."), root)
