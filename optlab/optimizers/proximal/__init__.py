"""The proximal family."""
