"""What our layers leave for each other in a WSGI environ."""

from __future__ import annotations

REQUEST_ID = "sysmon.request_id"  # by the front door, for whoever answers
STATUS = "sysmon.status"  # of the answer, for whoever counts
ROUTE = "sysmon.route"  # the pattern of the route that was taken, likewise
REPORT = "sysmon.report"  # the cached report that a response shows
ACCOUNT = "sysmon.account"  # the user that the guard knows
REMOTE_USER = "REMOTE_USER"  # the user's name, where RFC 3875, 4.1.11, has it
