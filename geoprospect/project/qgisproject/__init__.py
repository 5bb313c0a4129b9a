"""The QGIS project of a run: what it left and what it was made from, ready to look at."""
