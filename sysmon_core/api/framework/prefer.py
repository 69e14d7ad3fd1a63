"""The header Prefer (RFC 7240): for how long a client would wait for the end of a task."""

from __future__ import annotations

import re

from pyramid.request import Request

# An element of the list. A quotation that does not end goes on to the end of the header: to look
# for the end of one again and again would take seconds.
PREFERENCE = re.compile(r'(?:"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[^",])++', re.DOTALL)
WAIT = re.compile(r'\s*wait\s*=\s*("?)([0-9]{1,9})\1\s*(?:;.*)?', re.IGNORECASE | re.DOTALL)
NAME = re.compile(r"\s*wait\s*(?:[=;]|$)", re.IGNORECASE)


def seconds_to_wait(request: Request, limit: int) -> int:
    """Return the whole seconds of the preference ``wait``, no more than the limit; 0 if none.

    The first of several counts (RFC 7240, 2); what is no number is disregarded, as are all other
    preferences.
    """
    for preference in PREFERENCE.findall(request.headers.get("Prefer", "")):
        if NAME.match(preference):
            found = WAIT.fullmatch(preference)
            return min(int(found[2]), limit) if found else 0
    return 0
