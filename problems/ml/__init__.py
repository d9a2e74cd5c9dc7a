"""Machine learning, on real and on synthetic data."""
