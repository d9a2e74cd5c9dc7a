"""The constrained family."""
