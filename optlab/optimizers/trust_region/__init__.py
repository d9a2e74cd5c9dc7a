"""Trust regions and cubic regularization."""
