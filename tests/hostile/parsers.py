"""Functions that parse text from outside, to be applied to long hostile texts."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from tarfile import USTAR_FORMAT, XHDTYPE, TarInfo

from docker_registry_sdk import parse_registry, parse_repo, parse_repo_and_ref
from docker_registry_sdk._core.auth.challenge import parse_challenges
from docker_registry_sdk._core.auth.scope import ScopeSet
from docker_registry_sdk._core.blobs.upload_session import received_bytes
from docker_registry_sdk._core.names.origin import Origin
from docker_registry_sdk._core.text.redaction import one_line, printable, quoted, redact_url
from docker_registry_sdk._core.text.retry_after import retry_after_seconds
from docker_registry_sdk._core.wire.links import parse_links
from docker_registry_sdk._core.wire.urls import follow_url, make_absolute, request_target
from docker_registry_sdk.artifacts.file_paths import check_titles
from docker_registry_sdk.client.platforms import parse_platform
from docker_registry_sdk.digest import Digest
from docker_registry_sdk.errors import RegistryError
from docker_registry_sdk.images.location import parse_source
from docker_registry_sdk.images.tar_headers import read_tar_headers
from docker_registry_sdk.testing.auth.headers import parse_authorization
from docker_registry_sdk.testing.auth.scopes import parse_scopes
from docker_registry_sdk.testing.byte_ranges import RangeError, parse_range
from docker_registry_sdk.testing.v1.tokens import parse_token
from docker_registry_sdk.testing.v2.errors import ApiError

URL = "https://registry.example.com/v2/"


def _tolerant(parse: Callable[[str], object]) -> Callable[[str], object]:
    """Return a function that ignores the errors with which a parser refuses text."""

    def use(text: str) -> object:
        try:
            return parse(text)
        except (RegistryError, ValueError, ApiError, RangeError):
            return None

    return use


def _read_tar(text: str) -> None:
    """Read a tar file with an extended header of this text, and with a file of this name."""
    content = text.encode()
    header = TarInfo("x")
    header.type, header.size = XHDTYPE, len(content)
    blocks = (
        header.tobuf(USTAR_FORMAT) + content + bytes(-len(content) % 512) + TarInfo(text[:90]).tobuf(USTAR_FORMAT) + bytes(1024)
    )
    for _ in read_tar_headers(BytesIO(blocks), len(blocks)):
        pass


_PARSERS: dict[str, tuple[Callable[[str], object], list[str]]] = {
    "challenges": (lambda text: parse_challenges([text]), ['Bearer realm="a\\"b", scope=c', "A YII==,"]),
    "links": (lambda text: list(parse_links(text)), ['<a?b>; rel="a\\"b"; c = d, <e>']),
    "registry": (parse_registry, ["http://[::1]:5000"]),
    "repo": (parse_repo, ["docker.io/a/b"]),
    "reference": (parse_repo_and_ref, ["example.com:80/a/b:tag@sha256:0"]),
    "scopes of a challenge": (lambda text: ScopeSet.parse(text.split()), ["repository:a/b:pull,push"]),
    "range of an upload": (received_bytes, ["bytes=0-1"]),
    "origin": (Origin.from_url, ["https://user:a@example.com:443/a?b#c"]),
    "redacted URL": (redact_url, ["https://user:a@example.com:443/a?b=c&d"]),
    "one line": (one_line, ["a\n"]),
    "printable": (printable, ["a\n"]),
    "quoted": (quoted, ["a'\n"]),
    "Retry-After": (lambda text: retry_after_seconds({"retry-after": text}), ["120", "Sun, 06 Nov 1994 08:49:37 GMT"]),
    "URL of a header": (lambda text: make_absolute(URL, text), ["//a/../b?c", "../a"]),
    "URL to follow": (lambda text: follow_url("location", text), ["https://example.com:443/a?b"]),
    "request target": (request_target, ["https://example.com/a?b"]),
    "title of a file": (lambda text: check_titles([text, "a"]), ["a/b.txt", "\u0316\u0301a"]),
    "platform": (parse_platform, ["windows(10.0)/amd64"]),
    "digest": (Digest, ["sha256:ab", "a+b_c:d"]),
    "extended header of a tar file": (
        _read_tar,
        ["10 path=a\n", "21 hdrcharset=BINARY\n", "18 GNU.sparse.map=1\n"],
    ),
    "place of an image": (parse_source, ["oci:a:b", "docker-archive:a:b"]),
    "Authorization": (parse_authorization, ["Basic YTpi", "Bearer abc"]),
    "scopes of a request": (parse_scopes, ["repository(plugin):example.com:80/a/b:pull,*"]),
    "Range": (lambda text: parse_range(text, 100), ["bytes=0-1, -3,4-"]),
    "token of API v1": (parse_token, ['Token signature="ab",repository="a/b",access=read']),
}
PARSERS = {name: (_tolerant(parse), examples) for name, (parse, examples) in _PARSERS.items()}
