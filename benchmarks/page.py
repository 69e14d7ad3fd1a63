"""Measures the page in a real browser: ``python benchmarks/page.py --help``."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent.parent)  # the checkout, not the scripts' folder
    runpy.run_module("benchmarks.pagebench.main", run_name="__main__")
