"""What a model uses overall: what layers are worth, their effects and interactions."""
