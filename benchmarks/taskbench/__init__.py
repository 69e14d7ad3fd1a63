"""The benchmark of tasks: this project beside the classic way, in one run on one Redis."""
