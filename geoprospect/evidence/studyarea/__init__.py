"""The ground that is asked about: what lies in a study area, and what of it is left out."""
