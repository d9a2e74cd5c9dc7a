"""Ways of executing runs, one file each."""
