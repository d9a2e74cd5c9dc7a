"""Conjugate gradients: nonlinear, and linear for quadratics."""
