"""Remedies: what a caller can do about each problem, by its name."""

from __future__ import annotations

from collections.abc import Mapping

LATER = "Try again later; the header Retry-After says after how many seconds."
OPERATOR = "Tell whoever runs this service; its log has more, under the id in `instance`."

REMEDIES: Mapping[str, str] = {
    # Of the request itself, by its status.
    "bad-request": "Read `detail`: it says which part of the request cannot be read.",
    "unauthorized": "Send a user's name and password (Basic), a token (Bearer), or log in anew.",
    "forbidden": "Ask an admin to do it, or to make an admin of you.",
    "not-found": "Look for the path in the links of /v4/, or in /openapi.json.",
    "method-not-allowed": "Use a method of the header Allow.",
    "not-acceptable": "Name one of the media types in `detail` in the header Accept, or */*.",
    "request-timeout": "Send the request again, its body at once.",
    "body-too-large": "Send less; `detail` has the limit.",
    "unsupported-media-type": "Send JSON or a form, in UTF-8, and say which in Content-Type.",
    "misdirected-request": "Use a name of this service, or add the name to the setting hosts.",
    "internal-error": OPERATOR,
    # Of input and permissions.
    "invalid-input": "Correct each field that `errors` names, and send the request again.",
    "run-too-long": "Ask for less, or submit a task: POST to /v4/tasks/.",
    "cross-site": "Make the request yourself, not from another site's page.",
    "token-insufficient": "Create a token with the scope and for the metrics that `detail` names.",
    "last-admin": "Make another user an admin first.",
    "user-exists": "Choose another name.",
    "too-many-tokens": "Revoke a token that is not needed any more.",
    "login-refused": "Send the right name and password; an admin can give you a new one.",
    "credentials-in-clear": "Use https, and change the password or revoke the token that was sent.",
    # Of what is not there.
    "task-not-found": "List your tasks: GET /v4/tasks/.",
    "user-not-found": "List the users: GET /v4/users/.",
    "token-not-found": "List your tokens: GET /v4/tokens/.",
    "host-not-found": "Leave `host` out, or use a name of the metric's `hosts`.",
    "problem-not-found": "List the problems: GET /problems/.",
    # Of a run.
    "metric-unavailable": "Install what `detail` names on the host, or ask another host.",
    "extra-missing": "Install what `detail` names.",
    "metric-failed": "Read `detail`: it has the cause, mostly in the host's own words.",
    "plugin-fault": "Tell the author of the plugin that `detail` names; its release may be old.",
    "host-fault": "Read `detail`: it says what the host, or a library, refused.",
    "metric-timeout": "Ask for less, or see why the host is slow.",
    "run-stopped": "Ask again, unless you stopped it.",
    # Of a task: its `error` has the name.
    "worker-lost": "Submit the task again; if it happens again, see to the worker and its log.",
    "not-started-in-time": "Submit the task again, with a greater start_within or none.",
    "message-unreadable": "Submit the task again; another version may have written its message.",
    "idempotency-key-reused": "Send each new request with a new Idempotency-Key.",
    # Of what is busy, or away.
    "too-many-tasks": "Wait until some of your tasks have ended, or cancel some.",
    "too-many-guesses": "Wait as long as Retry-After says; then send the right credentials.",
    "too-many-runs": LATER,
    "too-many-requests": LATER,
    "too-many-logins": LATER,
    "too-many-lists": f"{LATER} A list with a lower limit is made at once.",
    "counters-unavailable": LATER,
    "not-ready": f"{LATER} If it stays so, see to the part that `detail` names.",
    "worker-missing": "Start a worker: sysmon worker.",
    "audit-stalled": f"{LATER} If it stays so, see to whoever reads the log.",
    "tasks-unavailable": f"{LATER} If it stays so, see to Redis; what needs no tasks goes on.",
    "database-unavailable": f"{LATER} If it stays so, see to the database and its migrations.",
    "database-timeout": f"{LATER} If it stays so, see why the database is slow.",
    # Of a start that failed: no request is answered so.
    "configuration-error": OPERATOR,
    "plugin-error": OPERATOR,
    "sysmon-error": OPERATOR,
}
