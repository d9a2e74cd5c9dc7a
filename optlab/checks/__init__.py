"""The batteries a user can run."""
