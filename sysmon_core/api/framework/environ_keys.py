"""Keys of the WSGI environ by which one layer passes values to others."""

from __future__ import annotations

REQUEST_ID = "sysmon.request_id"  # by the outermost layer; each response has it
STATUS = "sysmon.status"  # of the response, for the access log
ROUTE = "sysmon.route"  # the pattern of the route that was taken, for the access log
REPORT = "sysmon.report"  # the cached report that a response shows
PROXIED = "sysmon.proxied"  # by the outermost layer: whether a trusted proxy forwarded the request
GRANT = "sysmon.grant"  # by authentication: the user, and what the credentials permit
REMOTE_USER = "REMOTE_USER"  # the user's name, where RFC 3875, 4.1.11, has it
ON_DISCONNECT = "sysmon.on_disconnect"  # by the server: the ``Watch`` of services/executor.py
ON_STOP = "sysmon.on_stop"  # by the server: the same for its stop
SHOW_PROBLEM = "sysmon.show_problem"  # by ``PageProblems``: shows a problem as a page
WAIT = "sysmon.wait"  # by a view: what its response waits for
