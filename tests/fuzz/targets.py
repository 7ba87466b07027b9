"""The parsers that are fuzzed: each takes input from outside, and raises its documented exceptions only."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen
from hypothesis import strategies as st

from docker_registry_sdk import parse_registry, parse_repo, parse_repo_and_ref
from docker_registry_sdk._core.auth.challenge import parse_challenges
from docker_registry_sdk._core.auth.scope import ScopeSet
from docker_registry_sdk._core.blobs import byte_ranges
from docker_registry_sdk._core.blobs.content_coding import Decoder
from docker_registry_sdk._core.blobs.upload_session import received_bytes
from docker_registry_sdk._core.names.origin import Origin
from docker_registry_sdk._core.text.redaction import redact_url
from docker_registry_sdk._core.text.retry_after import retry_after_seconds
from docker_registry_sdk._core.text.shown_headers import ShownHeaders
from docker_registry_sdk._core.transport.proxy import check_proxy
from docker_registry_sdk._core.wire.response import next_link
from docker_registry_sdk._core.wire.urls import follow_url
from docker_registry_sdk.artifacts.file_paths import check_titles
from docker_registry_sdk.client.manifests import parse_document, read_manifest
from docker_registry_sdk.client.platforms import parse_platform
from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.credentials.config import parse_config
from docker_registry_sdk.credentials.helpers import HelperCall, HelperOutput, parse_helper_output
from docker_registry_sdk.digest import Digest, digest_of
from docker_registry_sdk.errors import RegistryError
from docker_registry_sdk.images import DockerArchive, Layout
from docker_registry_sdk.images.docker_archive import open_archive
from docker_registry_sdk.images.layout import open_layout
from docker_registry_sdk.images.location import parse_source
from docker_registry_sdk.images.manifest_contents import parse_contents, verify_manifest
from docker_registry_sdk.testing.auth.headers import parse_authorization, parse_basic
from docker_registry_sdk.testing.byte_ranges import RangeError, parse_range
from docker_registry_sdk.token_auth.api import get_token
from docker_registry_sdk.v2.models import ImageConfig
from tests.fuzz.inputs import changed_documents, changed_texts
from tests.support.images import DOCKER_SCHEMA1, OCI_INDEX, OCI_MANIFEST, make_image

IMAGE = make_image()
DIGEST = "sha256:" + "0" * 64
DESCRIPTOR = {"mediaType": OCI_MANIFEST, "digest": DIGEST, "size": 2, "platform": {"os": "linux", "architecture": "amd64"}}
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": OCI_MANIFEST,
    "config": {**DESCRIPTOR, "mediaType": "application/vnd.oci.image.config.v1+json"},
    "layers": [{**DESCRIPTOR, "urls": ["https://example.com/"], "annotations": {"org.opencontainers.image.title": "a"}}],
    "subject": DESCRIPTOR,
}
INDEX = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [DESCRIPTOR]}
IMAGE_CONFIG = {
    "created": "2024-01-01T00:00:00Z",
    "config": {"Entrypoint": ["/bin/sh"], "Env": ["A=b"], "Labels": {"a": "b"}, "Healthcheck": {"Test": ["NONE"]}},
    "rootfs": {"type": "layers", "diff_ids": [DIGEST]},
    "history": [{"created_by": "x", "empty_layer": True}],
}
ENCODED = tuple(encode(b"some text" * 9).decode("latin-1") for encode in (partial(gzip.compress, mtime=0), zlib.compress))
SCHEMA1 = {
    "schemaVersion": 1,
    "name": "a",
    "tag": "b",
    "architecture": "amd64",
    "fsLayers": [{"blobSum": DIGEST}],
    "history": [{"v1Compatibility": "{}"}],
    "signatures": [
        {"header": {"alg": "ES256"}, "signature": "YQ", "protected": "eyJmb3JtYXRMZW5ndGgiOjEsImZvcm1hdFRhaWwiOiJZUSJ9"}
    ],
}
TOKEN = {"token": "abc", "access_token": "abc", "expires_in": 300, "issued_at": "2020-01-01T00:00:00Z", "refresh_token": "x"}
CONFIG = {
    "auths": {
        "https://index.docker.io/v1/": {"auth": "YTpi"},
        "ghcr.io/a": {"username": "a", "password": "b", "identitytoken": ""},
    },
    "credHelpers": {"ghcr.io": "x"},
    "credsStore": "desktop",
}
NAMES = ("docker.io/library/alpine:3.20", "[::1]:5000/a/b@" + DIGEST, "http://localhost/a", "ghcr.io/a.b/c_d:T-1", "a")
URLS = ("https://user:a@example.com:443/a?b=c#d", "//example.com/a", "/v2/a/blobs/uploads/1?_state=x", "http://[::1]:1/")
Run = Callable[[Any], object]


@frozen
class Target:
    """A parser, and its input.

    Attributes:
        run: The function that parses one input.
        inputs: The strategy of its input.
        allowed: The exceptions that the parser documents.
    """

    run: Run
    inputs: st.SearchStrategy[Any]
    allowed: tuple[type[Exception], ...] = (RegistryError,)


def _response(content: bytes = b"", **headers: str) -> httpx.Response:
    fields = [(name.replace("_", "-").encode(), value.encode("utf-8", "replace")) for name, value in headers.items()]
    return httpx.Response(200, headers=fields, content=content, request=httpx.Request("GET", "http://localhost/v2/"))


def _read_manifest(content: bytes) -> None:
    for media_type in (OCI_MANIFEST, OCI_INDEX, DOCKER_SCHEMA1, "text/plain"):
        try:
            read_manifest(_response(content, Content_Type=media_type), "latest", parse_repo("localhost/a"))
        except RegistryError:
            continue


def _read_contents(content: bytes) -> None:
    for media_type in (OCI_MANIFEST, OCI_INDEX):
        try:
            parse_contents(verify_manifest(content, digest_of(content), media_type))
        except RegistryError:
            continue


def _read_credentials(content: bytes) -> None:
    for legacy in (False, True):
        try:
            config = parse_config(content, "config.json", legacy=legacy)
        except RegistryError:
            continue
        for registry in ("docker.io", "ghcr.io", "localhost:5000"):
            with suppress(RegistryError):
                config.helper_calls(registry)
            with suppress(RegistryError):
                _encode(config.stored_credential(registry, "a")[0])


def _encode(credential: Credential | None) -> None:
    """Encode the values of a credential as a request does."""
    if credential is not None:
        for value in (credential.username, credential.password, credential.identity_token):
            (value or "").encode()


def _read_config(content: bytes) -> None:
    document = parse_document(content)
    config = ImageConfig.from_dict(document)
    assert config.to_dict().keys() <= document.keys()


def _decode(body: bytes) -> None:
    for coding in ("gzip", "deflate", "deflate, gzip"):
        decoder = Decoder(coding)
        with suppress(RegistryError):
            assert sum(map(len, decoder.decode(body))) <= 2000 * len(body)
            decoder.finish()


def _open_layout(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        Path(folder, "index.json").write_bytes(content)
        open_layout(Layout(Path(folder)))


def _open_marker(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "oci-layout").write_bytes(content)
        Path(folder, "index.json").write_text('{"schemaVersion": 2, "manifests": []}')
        Layout(Path(folder)).entries()


def _open_archive(content: bytes) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in {"manifest.json": content, "a.json": b"{}", "a/layer.tar": b"x"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    _open_tar(file.getvalue())


def _open_tar(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "image.tar")
        path.write_bytes(content)
        open_archive(DockerArchive(path)).close()


@st.composite
def _damaged_tars(draw: st.DrawFn) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=draw(st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))) as archive:
        member = tarfile.TarInfo(draw(st.sampled_from(["manifest.json", "a" * 200, "\u00e9" * 60])))
        member.size = 2
        archive.addfile(member, io.BytesIO(b"[]"))
    content = bytearray(file.getvalue())
    for _ in range(draw(st.integers(0, 8))):
        content[draw(st.integers(0, min(len(content), 2048) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.sampled_from([len(content), 1024, 700, 100]))])


def _texts(*seeds: str) -> st.SearchStrategy[str]:
    return changed_texts(seeds)


HELPER = HelperCall("x", "ghcr.io", "credHelpers")
TARGETS: dict[str, Target] = {
    "registry": Target(parse_registry, _texts(*NAMES)),
    "repository": Target(parse_repo, _texts(*NAMES)),
    "reference": Target(parse_repo_and_ref, _texts(*NAMES)),
    "digest": Target(Digest, _texts(DIGEST, "a+b.c:d")),
    "origin": Target(Origin.from_url, _texts(*URLS)),
    "URL to follow": Target(lambda text: follow_url("location", text), _texts(*URLS)),
    "redacted URL": Target(redact_url, _texts(*URLS), ()),
    "proxy": Target(check_proxy, _texts("http://a:b@proxy:3128", "socks5://[::1]:1")),
    "challenge": Target(
        lambda text: parse_challenges([text]), _texts('Bearer realm="a\\"b",service=c, Basic realm="x"', "A YII="), ()
    ),
    "headers of an exception": Target(
        lambda text: repr(ShownHeaders({"WWW-Authenticate": text, "Location": text})),
        _texts('Bearer realm="a",scope="b"', *URLS),
        (),
    ),
    "scope": Target(lambda text: ScopeSet.parse([text]), _texts("repository:a/b:pull,push registry:catalog:*"), ()),
    "Link": Target(lambda text: next_link(_response(Link=text)), _texts('</v2/_catalog?n=1>; rel="next"; a=b, <c>')),
    "Retry-After": Target(
        lambda text: retry_after_seconds({"retry-after": text}), _texts("120", "Sun, 06 Nov 1994 08:49:37 GMT"), ()
    ),
    "Range": Target(lambda text: parse_range(text, 100), _texts("bytes=0-1,-5,7-"), (RangeError,)),
    "Range of an upload": Target(received_bytes, _texts("0-99", "bytes=0-0")),
    "Content-Range": Target(byte_ranges._parse_content_range, _texts("bytes 0-99/100", "bytes 1-2/*")),
    "Authorization": Target(parse_authorization, _texts("Basic YTpi", 'Token signature=a,repository="b",access=read'), ()),
    "Basic": Target(parse_basic, _texts("YTpi", "YQ=="), ()),
    "token response": Target(
        lambda content: get_token.parse(_response(content, Content_Type="application/json")), changed_documents((TOKEN,))
    ),
    "manifest": Target(_read_manifest, changed_documents((MANIFEST, INDEX, SCHEMA1))),
    "config of an image": Target(_read_config, changed_documents((IMAGE_CONFIG,))),
    "encoded body": Target(_decode, changed_texts(ENCODED).map(lambda text: text.encode("latin-1", "replace"))),
    "contents of a manifest": Target(_read_contents, changed_documents((MANIFEST, INDEX))),
    "titles of files": Target(lambda text: check_titles([text, "a/b", text + "/c"]), _texts("a/b.txt", "a.part/B", "é/CON.x")),
    "platform": Target(parse_platform, _texts("linux/arm64/v8", "windows(10.0)/amd64"), (RegistryError, ValueError)),
    "place of an image": Target(parse_source, _texts("oci:a:b", "docker-archive:/a:b", *NAMES)),
    "layout": Target(_open_layout, changed_documents((INDEX,)), (RegistryError, OSError)),
    "marker of a layout": Target(_open_marker, changed_documents(({"imageLayoutVersion": "1.0.0"},)), (RegistryError, OSError)),
    "manifest of an archive": Target(
        _open_archive,
        changed_documents(([{"Config": "a.json", "RepoTags": ["a:b"], "Layers": ["a/layer.tar"]}],)),
        (RegistryError, OSError),
    ),
    "archive": Target(_open_tar, _damaged_tars(), (RegistryError, OSError)),
    "credential file": Target(_read_credentials, changed_documents((CONFIG,))),
    "output of a credential helper": Target(
        lambda content: _encode(parse_helper_output(HELPER, HelperOutput(0, content))),
        changed_documents(({"Username": "a", "Secret": "b"},)),
    ),
}
