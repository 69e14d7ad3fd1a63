"""Authentication by a token's secret: cached, rate-limited where it fails, and audited."""

from __future__ import annotations

from sysmon_core.errors import TooManyGuesses
from sysmon_core.log_queue import check_audit_queue
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.grants import Grant
from sysmon_core.services.throttle import Throttle
from sysmon_core.services.token_format import is_well_formed
from sysmon_core.services.tokens import Tokens


class TokenLogins:
    """Recognises tokens by their secrets; unknown ones are counted against the client's network.

    A token that is right is never refused for others' wrong ones: it is looked up first, which
    costs no more than to refuse it.
    """

    def __init__(self, tokens: Tokens, throttle: Throttle) -> None:
        self._tokens = tokens
        self._throttle = throttle

    def cached_grant(self, secret: str) -> Grant | None:
        """Return what the token permits if the cache has it; never wait, else None."""
        return self._tokens.cached_grant(secret)

    def authenticate(self, secret: str, address: str) -> Grant | None:
        """Return what a token permits; None if it is mistyped, unknown, revoked or expired.

        Raises:
            TooManyGuesses: too many unknown tokens were sent from the network.
            DatabaseUnavailable: the tokens cannot be read.
            AuditStalled: a refusal could not be audited.
        """
        if not is_well_formed(secret):
            return None
        if grant := self._tokens.grant(secret):
            return grant
        check_audit_queue()
        caller = Caller(address=address)
        try:
            self._throttle.count_token(address)
        except TooManyGuesses:
            audit.record("token.throttled", caller)
            raise
        audit.record("token.refused", caller)
        return None
