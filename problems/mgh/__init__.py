"""Moré, Garbow & Hillstrom (1981): thirty-five least-squares problems."""
