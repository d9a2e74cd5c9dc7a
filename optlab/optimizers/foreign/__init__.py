"""Other people's solvers, on our counts, budgets and statuses."""
