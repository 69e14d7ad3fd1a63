"""The benchmark of what users feel over HTTP, against peers, in one run on one machine."""
