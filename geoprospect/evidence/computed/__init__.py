"""Columns computed from others: prepared, of classes, combined, derived, surrounded."""
