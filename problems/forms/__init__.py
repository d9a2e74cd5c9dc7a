"""Forms of problems: bases that turn a few formulas into every derivative."""
