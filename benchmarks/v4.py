"""Measures version 4 of the API: ``python benchmarks/v4.py --help``."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent.parent)  # the checkout, not the scripts' folder
    runpy.run_module("benchmarks.v4bench.main", run_name="__main__")
