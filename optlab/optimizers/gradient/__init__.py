"""The gradient family."""
