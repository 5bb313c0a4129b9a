"""Measures of a map: rate curve, prediction-area plot, Boyce index, classification."""
