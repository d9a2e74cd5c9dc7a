"""Reading a configuration: YAML with positions, specifications, sweeps, expectations; `optlab.experiment` uses it."""
