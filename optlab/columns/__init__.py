"""Diagnostic columns, one file each."""
