"""Metrics: what a plugin declares, and what is found of them."""
