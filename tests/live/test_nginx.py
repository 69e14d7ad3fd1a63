"""sysmon behind the nginx of config/nginx/sysmon.conf: a real nginx, a real server, real TLS."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from tests.conftest import PATIENCE, started_redis
from tests.support.client import HOST, Answer, answer_of, answer_on, asked, is_problem
from tests.support.processes import Started
from tests.support.site import ROOT, SEARCH_PATH, Site, new_site

SITE = ROOT / "config/nginx/sysmon.conf"
NAME = "mon.example"
OTHER = "127.0.0.2"  # where what listens on the host's IPv6 addresses listens here
PREFIX = "/sysmon"
FAR = "127.0.0.10"  # what comes from here comes from wherever the test says, IPv6 included
MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
{user}
events {{ worker_connections 512; }}
http {{
    access_log off;
    set_real_ip_from {far};
    real_ip_header X-Far;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    include {folder}/sysmon.conf;
}}
"""


def _program(name: str) -> str:
    program = shutil.which(name, path=SEARCH_PATH)
    assert program, f"{name} is missing: make test-programs"
    return program


class Named(http.client.HTTPSConnection):
    """A connection to a port of this host that asks for the certificate of the site's name."""

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined] # the one it was given
        self.sock = context.wrap_socket(self.sock, server_hostname=NAME)


@dataclass
class Proxy:
    """An nginx with the site's very file, but for its addresses and folders, before a server."""

    server: Site
    plain: int
    tls: int
    trusted: ssl.SSLContext = field(init=False)
    started: Started = field(init=False)

    def up(self) -> None:
        folder = self.server.folder
        self._make_certificate()
        (folder / "sysmon.conf").write_text(self._site())
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user, far=FAR))
        words = (_program("nginx"), "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf")
        self.started = self.server.start(*words).up(self.answers)

    def _site(self) -> str:
        """The file as an operator changes it; what is commented out is put in force."""
        text = re.sub(r"^( *)#(?=[^ \n])", r"\1", SITE.read_text(), flags=re.MULTILINE)
        for old, new in {
            "listen 443": f"listen {HOST}:{self.tls}",
            "listen [::]:443": f"listen {OTHER}:{self.tls}",
            "listen 80": f"listen {HOST}:{self.plain}",
            "listen [::]:80": f"listen {OTHER}:{self.plain}",
            "http://127.0.0.1:6543": f"http://{HOST}:{self.server.port}",
            "/etc/sysmon/tls": str(self.server.folder),
            "/var/www/html": str(self.server.folder),
        }.items():
            assert old in text
            text = text.replace(old, new)
        return text

    def _make_certificate(self) -> None:
        folder = self.server.folder
        files = ("-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem")
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        name = ("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}")
        words = (_program("openssl"), "req", "-x509", *key, *name, "-days", "2", *files)
        subprocess.run([*map(str, words)], check=True, capture_output=True)
        self.trusted = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))

    def connection(self, *, source: str = HOST, address: str = HOST) -> Named:
        return Named(
            address, self.tls, timeout=PATIENCE, source_address=(source, 0), context=self.trusted
        )

    def __call__(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        source: str = HOST,
        address: str = HOST,
    ) -> Answer:
        connection = self.connection(source=source, address=address)
        return asked(connection, method, path, body, {"Host": NAME} | dict(headers or {}))

    def get(self, path: str, **more: str) -> Answer:
        return self("GET", path, headers=more)

    def answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/livez").status == 200
        return False


@contextlib.contextmanager
def proxied(**settings: object) -> Iterator[Proxy]:
    with new_site() as server, new_site() as plain, new_site() as tls:
        server.server(ROOT / "production.ini", hosts=NAME, trusted_proxies=HOST, **settings)
        proxy = Proxy(server, plain.port, tls.port)
        proxy.up()
        yield proxy


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """With a Redis and no worker, and one task at once for each client."""
    with proxied(tasks_per_client=1) as one:
        one.server.var.mkdir()
        with started_redis(one.server.var):
            yield one


def test_it_serves_over_tls(proxy: Proxy) -> None:
    answer = proxy.get("/v1/uptime/")
    assert "load average" in answer.json["uptime"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert proxy("GET", "/v1/uptime/", address=OTHER).status == 200


@pytest.mark.parametrize(
    ("version", "served"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_tls_is_1_2_or_later(proxy: Proxy, version: ssl.TLSVersion, served: bool) -> None:
    context = ssl.create_default_context(cafile=str(proxy.server.folder / "fullchain.pem"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that TLS 1.1 is old is the point
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else the client would not even ask
    with socket.create_connection((HOST, proxy.tls), PATIENCE) as plain:
        if served:
            context.wrap_socket(plain, server_hostname=NAME).close()
        else:
            with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
                context.wrap_socket(plain, server_hostname=NAME)


@pytest.mark.parametrize("path", ["/", "/v1/uptime/", "/v3/users/"])
def test_plain_http_is_refused(proxy: Proxy, path: str) -> None:
    connection = http.client.HTTPConnection(HOST, proxy.plain, timeout=PATIENCE)
    is_problem(asked(connection, "GET", path, None, {"Host": NAME}), 403)


def test_plain_http_to_the_port_of_tls_is_refused(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection(HOST, proxy.tls, timeout=PATIENCE)
    is_problem(asked(connection, "GET", "/", None, {"Host": NAME}), 400)


def test_a_certificate_can_be_renewed_over_plain_http(proxy: Proxy) -> None:
    place = proxy.server.folder / ".well-known/acme-challenge"
    place.mkdir(parents=True, exist_ok=True)
    (place / "token").write_text("proof")
    connection = http.client.HTTPConnection(HOST, proxy.plain, timeout=PATIENCE)
    answer = asked(connection, "GET", "/.well-known/acme-challenge/token", None, {"Host": NAME})
    assert (answer.status, answer.body) == (200, b"proof")


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


def test_a_problem_of_sysmon_s_is_left_as_it_is(proxy: Proxy) -> None:
    answer = proxy.get("/v1/iostat/?count=x")
    assert answer.status == 400
    assert answer.json["errors"][0]["name"] == "count"
    assert answer.headers.get_all("X-Request-Id") == [answer.json["instance"]]


@pytest.mark.parametrize("size", [65_537, 1_000_000])
def test_a_body_that_is_too_large_is_a_problem(proxy: Proxy, size: int) -> None:
    is_problem(proxy("POST", "/v2/iostat/", body=b"x" * size), 413)


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (f"GET / HTTP/1.1\r\nHost: {NAME}\r\nX-Long: {'x' * 17_000}\r\n\r\n", 431),
        (f"GET /{'x' * 17_000} HTTP/1.1\r\nHost: {NAME}\r\n\r\n", 414),
        ("nonsense\r\n\r\n", 400),
        (f"TRACE / HTTP/1.1\r\nHost: {NAME}\r\n\r\n", 405),
        (f"POST / HTTP/1.1\r\nHost: {NAME}\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_what_nginx_cannot_read_is_a_problem(proxy: Proxy, request_text: str, status: int) -> None:
    connection = proxy.connection()
    with contextlib.closing(connection):
        connection.connect()
        connection.sock.sendall(request_text.encode())
        is_problem(answer_on(connection.sock), status)


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/v1/../metrics", "/%6detrics"])
def test_the_figures_of_sysmon_are_for_this_host_alone(proxy: Proxy, path: str) -> None:
    """What comes over the other address comes from it: 127.0.0.2 is not among those allowed."""
    is_problem(proxy("GET", path, source=OTHER, address=OTHER), 403)
    assert proxy("GET", path).status != 403
    is_problem(proxy.get(f"{PREFIX}{path}"), 403)


def test_a_client_that_asks_too_often_is_refused(proxy: Proxy) -> None:
    """A dashboard is served, and what is refused is only what is more than the rate."""
    statuses = []
    with contextlib.closing(proxy.connection(source="127.0.0.9")) as connection:
        for _ in range(2000):
            connection.request("GET", "/livez", headers={"Host": NAME})
            answer = answer_of(connection.getresponse())
            statuses.append(answer.status)
            if answer.status != 200:
                break
    is_problem(answer, 429)
    assert len(statuses) > 80
    assert int(answer.headers["Retry-After"]) > 0
    assert proxy.get("/livez").status == 200


def test_the_addresses_of_one_ipv6_network_are_one_client(proxy: Proxy) -> None:
    """Each request comes from an address of its own below one /64."""
    statuses = []
    with contextlib.closing(proxy.connection(source=FAR)) as connection:

        def ask(address: str) -> int:
            connection.request("GET", "/livez", headers={"Host": NAME, "X-Far": address})
            response = connection.getresponse()
            response.read()
            return response.status

        for number in range(2000):
            statuses.append(ask(f"2001:db8:0:a0d:{number:x}::{number:x}"))
            if statuses[-1] != 200:
                break
        assert statuses[-1] == 429
        assert len(statuses) > 80
        assert ask("2001:db8:0:a0e::1") == 200
        assert [ask(f"192.0.2.{number}") for number in range(1, 200)] == [200] * 199


def test_without_the_server_it_says_so_and_then_serves_again() -> None:
    with proxied() as proxy:
        proxy.server.end("pserve")
        answer = proxy.get("/v1/uptime/")
        is_problem(answer, 502)
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Strict-Transport-Security"]
        proxy.server.server()
        assert proxy("GET", "/v1/uptime/", headers={"Host": HOST}).status == 200
