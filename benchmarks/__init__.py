"""Benchmarks: scripts that measure, and fail when a promise about speed or cost is broken."""
