"""What the datasets and solvers share."""
