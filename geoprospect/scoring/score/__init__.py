"""The score of a map at points: its figures, with and without leaks, and against other maps."""
