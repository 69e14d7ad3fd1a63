"""The rules for new passwords."""

from __future__ import annotations

import pytest

from tests.functional.logins.conftest import PATH, Make, change, status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_words_that_anybody_would_guess_do_not_count_as_a_password(make: Make, method: str) -> None:
    app = make(password_min_length=8, password_blocklist="sysmon secret")
    fields = {"username": "ann", "fullname": "Ann Lee-Smith"} if method != "PATCH" else {}
    path = f"{PATH}{'' if method == 'POST' else 'ann'}"
    change(app, "ann", b'{"fullname": "Ann Lee-Smith"}')
    if method == "POST":
        assert status(app, "root", "root", f"{PATH}ann", method="DELETE") == 204
    for password in ("Sysmon-secret-1!", "annAnn1234567", "smithsmithsmith", "7 chars"):
        more = fields | {"password": password}
        app.authorization = ("Basic", ("root", "root"))
        answer = app.request(path, method=method, POST=more, status=400)
        (fault,) = answer.json["errors"]
        assert fault["name"] == "password"
        assert "at least 8 characters beside words" in fault["detail"]
        assert password not in answer.text
    more = fields | {"password": "sysmon of eight and more"}
    assert app.request(path, method=method, POST=more).status_int in {200, 201}
