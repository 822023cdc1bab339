"""Metrics: one measure, one file."""
