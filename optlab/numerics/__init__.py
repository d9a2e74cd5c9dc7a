"""Floating point and stable functions."""
