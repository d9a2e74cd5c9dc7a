"""The quasi_newton family."""
