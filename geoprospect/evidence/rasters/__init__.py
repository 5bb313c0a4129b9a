"""Rasters as columns of evidence: files and bands, and their place on the grid of a stack."""
