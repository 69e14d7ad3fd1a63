"""Tokens, users, one's own account and the host, as the server renders them."""

from __future__ import annotations

from typing import Any

from sysmon_core import Metric
from tests.functional.ui.conftest import OWN_PAGE, Visit, log_in


def test_ones_tokens_are_listed_without_their_secrets(visit: Visit) -> None:
    app = visit()
    new = {"name": "<b>x</b>", "scope": "run", "metrics": ["iostat"]}
    token = app.post_json("/v4/tokens/", new, headers=OWN_PAGE).json["token"]
    page = app.get("/ui/tokens/")
    assert token not in page.text
    cells = [cell.text.strip() for cell in page.html.tbody.tr.find_all("td")]
    assert cells[:4] == ["<b>x</b>", token[:11], "run", "iostat"]


def test_others_tokens_are_for_admins(visit: Visit, add_user: Any) -> None:
    app = visit()
    app.post_json("/v4/tokens/", {"name": "anns own"}, headers=OWN_PAGE)
    app.get("/ui/tokens/?owner=*", status=403)
    add_user("root", "secret", admin=True)
    app.reset()
    log_in(app, "root")
    assert "anns own" not in app.get("/ui/tokens/").text
    assert "anns own" in app.get("/ui/tokens/?owner=*").text


def test_users_are_for_admins_and_come_in_pages(visit: Visit, add_user: Any) -> None:
    visit("ann").get("/ui/users/", status=403)
    app = visit("root")
    for name in ("bob", "cid", "dan"):
        add_user(name, "secret")
    page, found = app.get("/ui/users/?limit=2"), []
    while True:
        found += [row["data-user"] for row in page.html.tbody.find_all("tr")]
        link = page.html.find("a", rel="next")
        if link is None:
            break
        page = app.get(link["href"])
    assert found == ["ann", "bob", "cid", "dan", "root"]


def test_the_account_says_who_one_is(visit: Visit) -> None:
    facts = visit().get("/ui/account").html.find(class_="facts").text
    assert ("ann" in facts, "session" in facts) == (True, True)


def test_the_host_page_has_versions_health_and_plugins(visit: Visit) -> None:
    gone = Metric(
        name="gone", title="Gone", function=lambda *_: "", available=lambda _: "no such hardware"
    )
    main = visit("ann", gone).get("/ui/host").html.main
    assert "no such hardware" in main.text
    assert "worker" in main.find(class_="facts").text
    assert main.find("a", href="/openapi.json")
    assert "the plugin iostat of sysmon" in visit("root").get("/ui/host").text
