"""A request as it comes in: waitress reads it; what two readers might understand in two ways is refused."""

from __future__ import annotations

import re

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import BadRequest, Error, RequestHeaderFieldsTooLarge

# Browsers send some 30 lines of 2 KB together; the address, where a query may be, is not counted.
_MOST_LINES, _MOST_HEADERS = 100, 32 * 1024
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+;=\-]+)(?::[0-9]*)?")


class VersionNotSupported(Error):  # type: ignore[misc]
    """Neither HTTP/1.0 nor HTTP/1.1."""

    code, reason = 505, "HTTP Version Not Supported"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """A request as it comes in."""

    # Of what cannot be read there are none.
    command, path, query = "", "/", ""
    # What came of a head without ending a line.
    unended: tuple[bytes, ...] = ()
    unended_bytes = 0

    def received(self, data: bytes) -> int:
        """Take bytes; gives how many of them are this request's.

        waitress looks through the whole head for its end whenever something comes. Without the end of a line it cannot
        be there, so that a client who sends byte by byte costs no more than one who does not.
        """
        if self.body_rcv is None and not self.completed and b"\n" not in data:
            too_long = len(self.header_plus) + self.unended_bytes + len(data) >= self.adj.max_request_header_size
            if not too_long:
                self.unended += (data,) if len(self.unended) < _MOST_LINES else ()
                if len(self.unended) == _MOST_LINES:
                    self.unended = (b"".join(self.unended),)
                self.unended_bytes += len(data)
                return len(data)
        whole, before = b"".join((*self.unended, data)), self.unended_bytes
        self.unended, self.unended_bytes = (), 0
        taken = int(super().received(whole)) - before
        if not self.headers_finished and not self.completed and self.header_plus.count(b"\n") > _MOST_LINES:
            self._refuse(RequestHeaderFieldsTooLarge(f"more than {_MOST_LINES} lines"))
        if self.error is not None:
            self.expect_continue = False  # it is to end, not to go on
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """Read line and headers, and refuse what two readers might understand in two ways.

        One Host is due since HTTP/1.1 (RFC 9112, 3.2). A body with a length and in chunks, or in chunks by HTTP/1.0,
        is how requests are smuggled past a proxy (6.1).
        """
        line, _, rest = header_plus.partition(b"\r\n")
        if len(rest) > _MOST_HEADERS or rest.count(b"\n") > _MOST_LINES:
            self._refuse(RequestHeaderFieldsTooLarge(f"more than {_MOST_LINES} lines or {_MOST_HEADERS} bytes"))
            return
        try:
            super().parse_header(_with_minor(line) + header_plus[len(line) :])
        except ValueError as error:  # a length of thousands of digits, an address that is none
            raise ParsingError("The request line or a length cannot be read") from error
        host = self.headers.get("HOST")
        if self.version == "1.1" and host is None:
            raise ParsingError("HTTP/1.1 requires one Host header")
        if host is not None and not _HOST.fullmatch(host):
            raise ParsingError("Host is not the name or address of one host")
        self._check_coding(rest)
        if self.version and not self.version.startswith("1."):
            self._refuse(VersionNotSupported("This server speaks HTTP/1.1 and HTTP/1.0"))
        if _has(self.headers.get("CONNECTION", ""), "close"):
            self.headers["CONNECTION"] = "close"
        if self.body_rcv is None:
            self.expect_continue = False  # there is nothing to wait for

    def _check_coding(self, headers: bytes) -> None:
        """Of a body there is either its length or its chunks, and these are no others than chunks."""
        codings = re.findall(rb"(?im)^transfer-encoding[ \t]*:[ \t]*(.*?)[ \t]*\r?$", headers)
        if not codings:
            return
        if self.version != "1.1":
            raise ParsingError("Transfer-Encoding requires HTTP/1.1")
        if len(codings) > 1 or codings[0].lower() != b"chunked":
            raise ParsingError("Transfer-Encoding may be chunked, once")
        if "CONTENT_LENGTH" in self.headers:
            raise ParsingError("A body has a Content-Length or a Transfer-Encoding, not both")

    def _refuse(self, error: Error | BadRequest) -> None:
        if not self.headers_finished and not self.command:
            super().parse_header(b"GET / HTTP/1.0\r\n")  # so that all is there that an answer needs
        self.error, self.completed = error, True


def _with_minor(line: bytes) -> bytes:
    """The request line as HTTP/1.1 if its minor version is higher (RFC 9110, 2.5)."""
    found = re.fullmatch(rb"(.* HTTP/1\.)[2-9]", line)
    return line if found is None else found[1] + b"1"


def _has(header: str, token: str) -> bool:
    return any(part.strip().lower() == token for part in header.split(","))
