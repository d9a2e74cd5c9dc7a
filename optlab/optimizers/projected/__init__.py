"""The projected family."""
