"""Ill-conditioned linear least squares."""
