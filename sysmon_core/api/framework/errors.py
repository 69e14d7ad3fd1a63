"""Error views: the statuses of exceptions, and the problems that they are answered with."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

from pyramid.config import Configurator
from pyramid.httpexceptions import (
    HTTPException,
    HTTPForbidden,
    HTTPMovedPermanently,
    HTTPPermanentRedirect,
)
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core import errors
from sysmon_core.api.framework.challenges import challenges
from sysmon_core.api.framework.problems import problem

STATUS: dict[type[errors.SysmonError], int] = {
    errors.InvalidInput: 400,
    errors.RunTooLong: 400,
    errors.LoginRefused: 401,
    errors.CrossSite: 403,
    errors.CredentialsInClear: 403,
    errors.TokenInsufficient: 403,
    errors.TaskNotFound: 404,
    errors.UserNotFound: 404,
    errors.TokenNotFound: 404,
    errors.HostNotFound: 404,
    errors.ProblemNotFound: 404,
    errors.UserExists: 409,
    errors.TooManyTokens: 409,
    errors.LastAdmin: 409,
    errors.IdempotencyKeyReused: 422,
    errors.TooManyTasks: 429,
    errors.TooManyGuesses: 429,
    errors.MetricUnavailable: 501,
    errors.ExtraMissing: 501,
    errors.MetricFailed: 502,
    errors.RunStopped: 503,
    errors.WorkerLost: 503,
    errors.NotStartedInTime: 503,
    errors.TooManyRuns: 503,
    errors.TooManyRequests: 503,
    errors.NotReady: 503,
    errors.WorkerMissing: 503,
    errors.TooManyLogins: 503,
    errors.CountersUnavailable: 503,
    errors.AuditStalled: 503,
    errors.TooManyLists: 503,
    errors.TasksUnavailable: 503,
    errors.DatabaseUnavailable: 503,
    errors.MetricTimeout: 504,
    errors.MessageUnreadable: 500,
    errors.SysmonError: 500,
}

DETAILS = {
    401: "Valid credentials of a user are needed here",
    403: "This needs an admin",
    404: "There is nothing at this path",
    405: "This path does not know the method; the header Allow lists those it knows",
}

logger = logging.getLogger(__name__)


def include(config: Configurator) -> None:
    """Register the views that turn exceptions into problems, and the redirects to collections."""
    config.add_exception_view(unexpected, context=Exception)
    config.add_exception_view(from_error, context=errors.SysmonError)
    config.add_exception_view(from_http, context=HTTPException)
    config.add_forbidden_view(forbidden)
    for methods, redirect in ((("GET", "HEAD"), HTTPMovedPermanently), ((), HTTPPermanentRedirect)):
        predicates = {"request_method": methods} if methods else {}
        config.add_notfound_view(from_http, append_slash=redirect, **predicates)


def status_of(kind: type[errors.SysmonError]) -> int:
    """Return the status of an error's class, or else of the nearest base that has one."""
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def meaning(kind: type[errors.SysmonError]) -> str:
    """Return the sentence for clients: the first line of an error's docstring, as Markdown."""
    text = kind.__doc__ or kind.__name__  # python -OO removes docstrings
    return text.partition("\n")[0].replace("``", "`")


def from_error(error: errors.SysmonError, request: Request) -> Response:
    """Answer an error of ours."""
    return of_error(request.environ, error)


def of_error(environ: Mapping[str, Any], error: errors.SysmonError) -> Response:
    """Return the problem that answers an error of ours to the request of this WSGI environ."""
    status = status_of(type(error))
    if status >= 500:
        logger.warning("%s: %s", type(error).__name__, error)
    faults = error.faults if isinstance(error, errors.InvalidInput) else ()
    headers = challenges(environ) if status == 401 else []
    headers += [("Retry-After", str(error.retry_after))] if status in {429, 503} else []
    return problem(environ, status, str(error), faults, headers, errors.code_of(type(error)))


def unauthorized(environ: Mapping[str, Any]) -> Response:
    """Return the problem that asks for credentials."""
    return problem(environ, 401, DETAILS[401], headers=challenges(environ))


def from_http(error: HTTPException, request: Request) -> Response:
    """Answer an HTTP exception of Pyramid or Cornice; redirects pass."""
    if error.code < 400:
        return cast("Response", error)
    headers = [(name, value) for name, value in error.headers.items() if name == "Allow"]
    detail = DETAILS.get(error.code) or error.detail or error.explanation
    return problem(request.environ, error.code, detail, headers=headers)


def forbidden(error: HTTPForbidden, request: Request) -> Response:
    """Answer 401 if the caller is not known, else 403."""
    if request.identity is None:
        return unauthorized(request.environ)
    return problem(request.environ, error.code, DETAILS[403])


def unexpected(error: Exception, request: Request) -> Response:
    """Answer an exception that nobody expected: its text goes to the log alone."""
    logger.error("the request failed", exc_info=error)
    return problem(request.environ, 500, "Something went wrong inside; the log has more")
