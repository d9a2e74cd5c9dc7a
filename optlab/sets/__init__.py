"""Convex sets with projections, one file each."""
