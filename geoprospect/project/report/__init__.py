"""The report of a run: a page that needs nothing else, and figures for papers."""
