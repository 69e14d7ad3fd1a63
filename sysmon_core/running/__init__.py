"""Runs of programs: the limits of a run, its process, and the end of orphans."""
