"""Adaptive and sampled gradient methods."""
