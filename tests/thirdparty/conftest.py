"""Distributions of strangers: a live test installs them and runs their tests there."""

collect_ignore_glob = ["*"]
