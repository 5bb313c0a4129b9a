"""What QGIS reads beside a map."""
