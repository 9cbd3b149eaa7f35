"""nginx with deploy/nginx.conf in front of something, at ports and in a folder of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from avidity_loaders import places

from tests.service.running import until

CONF = places.CHECKOUT / "deploy" / "nginx.conf"
_AROUND = """{user}pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/avidity.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def is_of_nginx(self) -> bool:
        """Whether no service has said it."""
        return self.headers["Avidity-Release"] is None


@dataclass(frozen=True, slots=True)
class Fronted:
    tls: int
    plain: int

    def connect(self) -> http.client.HTTPSConnection:
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.tls, timeout=30, context=anybody)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, {name.replace("_", "-"): value for name, value in headers.items()})

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        with contextlib.closing(self.connect()) as connection:
            return answer(connection, method, path, body, headers)


def answer(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> Answer:
    connection.request(method, path, body, headers)
    found = connection.getresponse()
    return Answer(found.status, found.headers, found.read())


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [each.getsockname()[1] for each in sockets]


def certify(openssl: str, folder: Path) -> None:
    """A certificate that nobody trusts."""
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=graph.example.org",
         "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


def configured(folder: Path, services: tuple[int, int], changes: dict[str, str]) -> tuple[Path, Fronted]:
    """The configuration at free ports; `changes` exchanges words that must be there."""
    at = Fronted(*free_ports(2))
    text = CONF.read_text()
    for old, new in {
        "127.0.0.1:8000": f"127.0.0.1:{services[0]}",
        "127.0.0.1:8001": f"127.0.0.1:{services[1]}",
        "listen 443": f"listen 127.0.0.1:{at.tls}",
        "listen 80": f"listen 127.0.0.1:{at.plain}",
        "/var/cache/avidity-nginx": f"{folder}/cache",
        "/etc/ssl/certs/graph.example.org.pem": f"{folder}/certificate.pem",
        "/etc/ssl/private/graph.example.org.key": f"{folder}/key.pem",
        **changes,
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    text = re.sub(r"(?m)^ *listen \[::\].*\n", "", text)  # not every machine that tests has IPv6
    (folder / "avidity.conf").write_text(text)
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_AROUND.format(user=user, folder=folder))
    return folder / "nginx.conf", at


@contextlib.contextmanager
def fronted(nginx: str, folder: Path, *services: int, changes: dict[str, str] | None = None) -> Iterator[Fronted]:
    """A running nginx before one service or two."""
    asked = services if len(services) == 2 else (services[0], *free_ports(1))
    conf, at = configured(folder, (asked[0], asked[1]), changes or {})
    process = subprocess.Popen([nginx, "-p", folder, "-c", conf, "-e", folder / "error.log", "-g", "daemon off;"])
    try:
        assert until(lambda: process.poll() is not None or _listens(at.tls))
        assert process.poll() is None, (folder / "error.log").read_text()
        yield at
    finally:
        process.terminate()
        process.wait(timeout=30)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
