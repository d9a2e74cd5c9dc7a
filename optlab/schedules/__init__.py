"""Schedules: how a step length changes with the iteration, one file each."""
