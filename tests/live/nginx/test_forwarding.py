"""nginx: what sysmon gets of a request, and a client of its answer."""

from __future__ import annotations

import re

from tests.live.nginx.conftest import PREFIX, Proxy


def test_links_carry_the_prefix(proxy: Proxy) -> None:
    answer = proxy.get(f"{PREFIX}/v1/")
    assert {"rel": "uptime", "href": f"{PREFIX}/v1/uptime/"} in answer.json["links"]
    assert {"rel": "uptime", "href": "/v1/uptime/"} in proxy.get("/v1/").json["links"]
    moved = proxy.get(f"{PREFIX}/v1")
    assert (moved.status, moved.headers["Location"]) == (301, f"{PREFIX}/v1/")


def test_a_client_cannot_choose_its_prefix(proxy: Proxy) -> None:
    links = proxy.get("/v1/", **{"X-Forwarded-Prefix": "/evil"}).json["links"]
    assert {"rel": "uptime", "href": "/v1/uptime/"} in links


def test_sysmon_sees_the_clients_address_and_a_client_cannot_choose_it(proxy: Proxy) -> None:
    """Each address may have one task: whose is used up tells whom sysmon takes a caller for."""

    def submit(source: str, **headers: str) -> int:
        return proxy("POST", "/v2/iostat/", source=source, headers=headers).status

    assert submit("127.0.0.3") == 201
    assert submit("127.0.0.3") == 429
    assert submit("127.0.0.4", **{"X-Forwarded-For": "127.0.0.3"}) == 201
    assert submit("127.0.0.3", **{"X-Forwarded-For": "127.0.0.5"}) == 429
    assert submit("127.0.0.3", **{"X-Forwarded-For": "127.0.0.5, 127.0.0.6"}) == 429
    assert submit("127.0.0.3", **{"X-Real-IP": "127.0.0.5", "Forwarded": "for=127.0.0.5"}) == 429
    assert submit("127.0.0.5") == 201


def test_a_request_keeps_its_id(proxy: Proxy) -> None:
    given = "id-of-the-client.1"
    assert proxy.get("/v1/none/", **{"X-Request-Id": given}).json["instance"] == given
    huge = proxy("POST", "/v2/iostat/", body=b"x" * 70_000, headers={"X-Request-Id": given})
    assert huge.json["instance"] == given
    unfit = proxy("POST", "/v2/iostat/", body=b"x" * 70_000, headers={"X-Request-Id": '"}'})
    assert re.fullmatch("[0-9a-f]{32}", unfit.json["instance"])


def test_nginx_passes_problems_of_sysmon_unchanged(proxy: Proxy) -> None:
    answer = proxy.get("/v1/iostat/?count=x")
    assert answer.status == 400
    assert answer.json["errors"][0]["name"] == "count"
    assert answer.headers.get_all("X-Request-Id") == [answer.json["instance"]]
