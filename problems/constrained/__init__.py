"""Constrained classics with known multipliers."""
