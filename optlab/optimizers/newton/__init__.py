"""The newton family."""
