"""The published study: its tables, weights and experiments."""
