"""Shared mathematics on plain arrays."""
