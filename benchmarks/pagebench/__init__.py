"""Benchmarks of the page, in Chromium."""
