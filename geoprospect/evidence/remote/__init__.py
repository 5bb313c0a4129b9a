"""Rasters over a network, and in archives there."""
