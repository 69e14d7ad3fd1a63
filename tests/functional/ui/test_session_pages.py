"""Logging in and out by the forms, without any script."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from sysmon_core.database import Database
from sysmon_core.settings import Settings
from tests.functional.ui.conftest import OWN_PAGE, SECRET, Visit, log_in


def test_one_who_has_to_log_in_comes_back_to_where_they_wanted_to_go(visit: Visit) -> None:
    app = visit()
    app.reset()
    sent = app.get("/ui/tasks/?state=SUCCESS&metric=iostat", status=303)
    form = sent.follow().form
    form["username"], form["password"] = "ann", SECRET
    done = form.submit(headers=OWN_PAGE, status=303)
    assert done.headers["Location"] == "/ui/tasks/?state=SUCCESS&metric=iostat"
    assert "Tasks" in done.follow().html.h1


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example/ui/", "/v1/uptime/", "ui/", "/\\evil.example"]
)
def test_no_link_leads_from_the_log_in_to_elsewhere(visit: Visit, to: str) -> None:
    app = visit()
    app.reset()
    assert log_in(app, "ann", to=f"?to={to}").headers["Location"] == "/ui/"


def test_a_wrong_password_is_told_on_the_form_and_begins_nothing(visit: Visit) -> None:
    app = visit()
    app.reset()
    refused = log_in(app, "ann", "wrong", to="?to=/ui/host")
    assert (refused.status_int, "Set-Cookie" in refused.headers) == (401, False)
    assert "The name or the password is wrong" in refused.html.find(role="alert").text
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")  # no dialog of the browser's
    assert "to=" in refused.form.action  # nothing is lost


def test_too_many_guesses_are_told_on_the_form(visit: Visit) -> None:
    app = visit(guesses_per_user_and_address="2/minute")
    app.reset()
    statuses = [log_in(app, "ann", f"wrong {number}").status_int for number in range(4)]
    assert statuses == [401, 401, 429, 429]
    refused = log_in(app, "ann", "wrong")
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.html.find(role="alert").text.strip()


def test_a_database_that_is_away_is_told_on_the_form(visit: Visit, config: Settings) -> None:
    app = visit()
    app.reset()
    with Database(config.database).write() as connection:
        connection.execute(text("ALTER TABLE users RENAME TO users_of_before"))
    refused = log_in(app, "ann")
    assert refused.status_int == 503
    assert "database" in refused.html.find(role="alert").text


def test_a_form_of_another_site_is_refused(visit: Visit) -> None:
    app = visit()
    for path in ("/ui/login", "/ui/logout", "/ui/logout/everywhere"):
        fields = {"username": "ann", "password": SECRET}
        refused = app.post(path, fields, headers={"Origin": "https://evil.example"}, status=403)
        assert refused.content_type == "text/html"
    app.post("/ui/logout", status=403)  # with a session, the page must be named


def sessions_of(visit: Visit) -> tuple[Any, Any]:
    one = visit()
    first = one.cookies["sysmon_session"]
    one.reset()
    log_in(one, "ann")
    return one, first


def test_log_out_ends_this_session_alone(visit: Visit) -> None:
    app, first = sessions_of(visit)
    app.get("/ui/").forms[0].submit(headers=OWN_PAGE, status=303)
    app.get("/ui/", status=303)
    app.set_cookie("sysmon_session", first)
    app.get("/ui/", status=200)


def test_log_out_everywhere_ends_all(visit: Visit) -> None:
    app, first = sessions_of(visit)
    done = app.post("/ui/logout/everywhere", headers=OWN_PAGE, status=303)
    assert done.headers["Location"] == "/ui/login"
    app.set_cookie("sysmon_session", first)
    app.get("/ui/", status=303)


def test_a_token_looks_and_logs_nobody_out(visit: Visit) -> None:
    app = visit()
    given = {"name": "x", "scope": "read"}
    token = app.post_json("/v4/tokens/", given, headers=OWN_PAGE).json["token"]
    app.reset()
    headers = {"Authorization": f"Bearer {token}"}
    assert app.get("/ui/", headers=headers).status_int == 200
    app.post("/ui/logout/everywhere", headers=headers, status=403)
