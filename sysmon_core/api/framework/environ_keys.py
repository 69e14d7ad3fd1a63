"""Keys of the WSGI environ under which layers pass on what they found."""

from __future__ import annotations

REQUEST_ID = "sysmon.request_id"  # by the outermost layer; each response has it
STATUS = "sysmon.status"  # of the response, for the access log
ROUTE = "sysmon.route"  # the pattern of the route that was taken, for the access log
REPORT = "sysmon.report"  # the cached report that a response shows
ACCOUNT = "sysmon.account"  # the user whom authentication has found
REMOTE_USER = "REMOTE_USER"  # the user's name, where RFC 3875, 4.1.11, has it
