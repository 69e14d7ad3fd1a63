"""sysmon behind the nginx of config/nginx/sysmon.conf: a real nginx, a real server, real TLS."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from tests.conftest import PATIENCE, started_redis
from tests.support.client import HOST, Answer, asked
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
