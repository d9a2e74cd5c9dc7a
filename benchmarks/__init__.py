"""optlab measured beside what people would use instead; README.md says how."""
