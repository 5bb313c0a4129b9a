"""Counting: a map of scores, and how its cells rank against the scores at points."""
