"""Runs programs: the limits of a run, the process, and what ends orphans."""
