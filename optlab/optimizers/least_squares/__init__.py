"""Methods for sums of squares."""
