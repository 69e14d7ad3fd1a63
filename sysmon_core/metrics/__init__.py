"""Metrics: their declarations, the registry of plugins, and the binding to a host."""
