"""How far a map may be believed: what its scores are worth as probabilities."""
