"""Doubts about layers: fill values, codes and labels taken for quantities."""
