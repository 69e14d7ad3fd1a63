from __future__ import annotations

import inspect

import pytest
from pyramid.request import Request

from sysmon_core import MetricFailed, errors
from sysmon_core.api.framework import errors as table
from sysmon_core.api.framework.environ_keys import REQUEST_ID
from sysmon_core.api.framework.errors import from_error, meaning

STATUS = {
    "InvalidInput": 400,
    "RunTooLong": 400,
    "LoginRefused": 401,
    "CrossSite": 403,
    "CredentialsInClear": 403,
    "TokenInsufficient": 403,
    "TaskNotFound": 404,
    "UserNotFound": 404,
    "TokenNotFound": 404,
    "HostNotFound": 404,
    "ProblemNotFound": 404,
    "UserExists": 409,
    "TooManyTokens": 409,
    "LastAdmin": 409,
    "MetricUnavailable": 501,
    "ExtraMissing": 501,
    "MetricFailed": 502,
    "PluginFault": 502,
    "HostFault": 502,
    "RunStopped": 503,
    "WorkerLost": 503,
    "NotStartedInTime": 503,
    "MessageUnreadable": 500,
    "IdempotencyKeyReused": 422,
    "TooManyRuns": 503,
    "TooManyRequests": 503,
    "TooManyTasks": 429,
    "TooManyGuesses": 429,
    "TooManyLogins": 503,
    "CountersUnavailable": 503,
    "AuditStalled": 503,
    "TooManyLists": 503,
    "NotReady": 503,
    "WorkerMissing": 503,
    "TasksUnavailable": 503,
    "DatabaseUnavailable": 503,
    "DatabaseTimeout": 503,
    "MetricTimeout": 504,
    "SysmonError": 500,
    "ConfigurationError": 500,
    "PluginError": 500,
}


def example(kind: type[errors.SysmonError]) -> errors.SysmonError:
    if kind is errors.InvalidInput:
        return errors.InvalidInput([errors.Fault("depth", "too deep")])
    if kind is errors.RunTooLong:
        return errors.RunTooLong(30)
    if kind is errors.TooManyGuesses:
        return errors.TooManyGuesses(30)
    return kind("no water")


@pytest.fixture
def request_() -> Request:
    return Request.blank("/v1/dive/", environ={REQUEST_ID: "r1"})


def test_the_status_of_every_error_is_said_here() -> None:
    kinds = inspect.getmembers(errors, inspect.isclass)
    assert {name for name, kind in kinds if issubclass(kind, Exception)} == set(STATUS)


def test_every_error_that_clients_get_has_a_meaning_for_them() -> None:
    named = [kind for kind in table.STATUS if kind is not errors.SysmonError]
    meanings = [meaning(kind) for kind in named]
    assert not [text for text in meanings if not text.endswith(".")]
    assert len(set(meanings)) == len(named)


@pytest.mark.parametrize("name", STATUS)
def test_an_error_is_a_problem_of_its_status(name: str, request_: Request) -> None:
    error = example(getattr(errors, name))
    response = from_error(error, request_)
    assert (response.status_code, response.json["status"]) == (STATUS[name], STATUS[name])
    assert response.content_type == "application/problem+json"
    assert response.json["instance"] == "r1"
    assert response.json["type"] == "about:blank"
    assert ("Retry-After" in response.headers) == (STATUS[name] in {429, 503})


def test_each_fault_is_told_with_its_place(request_: Request) -> None:
    response = from_error(example(errors.InvalidInput), request_)
    assert response.json["errors"] == [{"in": "body", "name": "depth", "detail": "too deep"}]
    assert response.json["detail"] == "depth: too deep"
    error = errors.InvalidInput([errors.Fault("depth", "too deep", "query")], "Dive less deep")
    response = from_error(error, request_)
    assert response.json["errors"] == [{"in": "query", "name": "depth", "detail": "too deep"}]
    assert response.json["detail"] == "Dive less deep"


def test_an_error_that_a_plugin_derives_from_ours_is_answered_like_ours(
    request_: Request,
) -> None:
    class NoWater(MetricFailed):
        pass

    response = from_error(NoWater("no water"), request_)
    assert response.status_code == 502
    assert response.json["detail"] == "no water"
