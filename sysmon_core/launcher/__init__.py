"""Runs all parts of sysmon in the foreground: the command ``sysmon start``."""
