"""Runs all parts of sysmon in the foreground, as ``sysmon start`` does."""
