"""Transforms of problems, one file each."""
