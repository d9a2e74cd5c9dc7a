"""Convex terms with a proximal operator."""
