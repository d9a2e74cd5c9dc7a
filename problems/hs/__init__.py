"""Hock & Schittkowski (1981): constrained test problems."""
