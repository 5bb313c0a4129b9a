"""Vector files and tables of coordinates: features on the ground, read for points and layers."""
