"""What is told of targets: the fields of their files."""

FIELDS = {
    "rank": "Rank",
    "shortlist": "Number on the shortlist",
    "ground": "New or known ground",
    "area_km2": "Area (km²)",
    "cells": "Cells",
    "max_score": "Greatest score",
    "mean_score": "Mean score",
    "gain": "Gain that ranks it",
    "deposits": "Expected deposits",
    "dep_low": "Deposits, lower end of the 95% interval",
    "dep_high": "Deposits, upper end of the 95% interval",
    "uncertain": "Mean uncertainty of the score",
    "inside_aoa": "Share inside the area of applicability",
    "n_known": "Known occurrences inside",
    "km_known": "To the nearest known occurrence (km)",
    "km_roads": "To the nearest road (km)",
    "km_claims": "To the nearest claim (km)",
    "easting": "Easting of the best cell",
    "northing": "Northing of the best cell",
    "longitude": "Longitude of the best cell (WGS 84)",
    "latitude": "Latitude of the best cell (WGS 84)",
    "reasons": "Leading layers",
}
"""The fields of a target in their order, and what they are called in words."""
