"""A run seen in a browser: its rasters as tiles, its points and its targets."""
