"""Getting into Debian's docker-registry: with tokens and with Basic, by http and by https, sync and async.

Every exchange is held against openapi/, those with the token service included.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from attrs import frozen

from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import AuthError, ForbiddenError, UnauthorizedError
from tests.support.docker_registry import PASSWORD, USERNAME, htpasswd_settings, run_docker_registry
from tests.support.images import OCI_MANIFEST, digest_of, make_image
from tests.support.sessions import KINDS, Kind, Session, open_session
from tests.support.token_server import REFRESH_TOKEN, run_token_server
from tests.support.transports import AsyncValidatingTransport, ValidatingTransport
from tests.support.validation import Exchanges, Specification

IMAGE = make_image()
EXPLICIT = {"username": USERNAME, "password": PASSWORD}
NOBODY = {"credentials": ExplicitCredentials(Credential("x", "y"), "nowhere.example.com")}


@frozen
class Place:
    """A docker-registry and what it takes to get in.

    Attributes:
        url: Its address.
        tokens: Its token service's address; None with Basic.
        ca_file: What to trust; None with http.
    """

    url: str
    tokens: str | None
    ca_file: Path | None

    @property
    def host(self) -> str:
        """Its host and port."""
        return self.url.partition("://")[2]


@pytest.fixture(scope="module", params=["token", "token-tls", "basic", "basic-tls"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A docker-registry with an image in repository `there`."""
    mode, _, tls = request.param.partition("-")
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as parts:
        files: tuple[Path, Path] | None = None
        context: ssl.SSLContext | None = None
        ca_file: Path | None = None
        if tls:
            authority = trustme.CA()
            issued = authority.issue_cert("127.0.0.1")
            files, ca_file = (folder / "cert.pem", folder / "key.pem"), folder / "ca.pem"
            issued.cert_chain_pems[0].write_to_path(files[0])
            issued.private_key_pem.write_to_path(files[1])
            authority.cert_pem.write_to_path(ca_file)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            issued.configure_cert(context)
        service = parts.enter_context(run_token_server(folder, context)) if mode == "token" else None
        settings = service.settings if service else htpasswd_settings(folder)
        registry = parts.enter_context(run_docker_registry(folder / "registry", settings=settings, tls=files))
        place = Place(registry.url, service.server.url if service else None, ca_file)
        with enter(place, "sync", "there", **EXPLICIT) as session:
            push(session)
        yield place


@contextmanager
def enter(place: Place, kind: Kind, repo: str, **options: Any) -> Iterator[Session]:
    """Make a client whose every exchange is validated, and check at the end that all were valid."""
    registry, tokens = (Exchanges(Specification.load(name)) for name in ("registry-v2.yaml", "token-auth.yaml"))
    verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=place.ca_file) if place.ca_file else False
    mounted = f"all://{place.tokens.partition('://')[2]}" if place.tokens else "all://nowhere.example.com"
    http: httpx.Client | httpx.AsyncClient
    if kind == "sync":
        http = httpx.Client(
            transport=ValidatingTransport(httpx.HTTPTransport(verify=verify), registry),
            mounts={mounted: ValidatingTransport(httpx.HTTPTransport(verify=verify), tokens)},
        )
    else:
        http = httpx.AsyncClient(
            transport=AsyncValidatingTransport(httpx.AsyncHTTPTransport(verify=verify), registry),
            mounts={mounted: AsyncValidatingTransport(httpx.AsyncHTTPTransport(verify=verify), tokens)},
        )
    scheme = "" if place.ca_file else "http://"
    with open_session(kind, f"{scheme}{place.host}/{repo}", http_client=http, **options) as session:
        try:
            yield session
        finally:
            session.close(http)
    assert not registry.violations + tokens.violations
    assert registry.operations
    assert bool(tokens.operations) == (place.tokens is not None and session.explain().realm is not None)


def push(session: Session) -> None:
    """Push the image under the tag `latest`."""
    for content in IMAGE.config, IMAGE.layer:
        session.call("blob_upload", content)
    session.call("put_manifest", IMAGE.oci, "latest", media_type=OCI_MANIFEST)


def pull(session: Session) -> None:
    """Pull the image and check its bytes."""
    manifest = session.call("get_manifest", "latest")
    assert manifest.raw == IMAGE.oci
    assert session.read_blob(manifest.manifest.config.digest) == IMAGE.config
    assert session.read_blob(manifest.manifest.layers[0].digest) == IMAGE.layer


@pytest.mark.parametrize("kind", KINDS)
def test_push_and_pull_with_a_password(place: Place, kind: Kind) -> None:
    with enter(place, kind, f"mine/{kind}", **EXPLICIT) as session:
        push(session)
        pull(session)
        assert session.call("iter_tags") == ["latest"]
        report = session.explain()
    assert (report.credential, report.username) == ("given by the caller", USERNAME)
    assert report.challenge == ("basic" if place.tokens is None else "bearer")


@pytest.mark.parametrize("kind", KINDS)
def test_push_a_streamed_blob_with_a_password(place: Place, kind: Kind) -> None:
    with enter(place, kind, f"streamed/{kind}", **EXPLICIT) as session:
        content = b"block" * 50_000
        blob = session.call(
            "blob_upload", (content[at : at + 1000] for at in range(0, len(content), 1000)), digest=digest_of(content)
        )
        assert session.read_blob(blob.digest) == content


@pytest.mark.parametrize("kind", KINDS)
def test_push_and_pull_with_a_config_file(place: Place, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    auth = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {place.host: {"auth": auth}}}))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for name in ("REGISTRY_AUTH_FILE", "DOCKER_AUTH_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    with enter(place, kind, f"config/{kind}") as session:
        push(session)
        pull(session)
        assert f"auths entry '{place.host}'" in str(session.explain())


@pytest.mark.parametrize("kind", KINDS)
def test_push_and_pull_with_an_identity_token(place: Place, kind: Kind) -> None:
    credential = Credential(identity_token=REFRESH_TOKEN)
    if place.tokens is None:  # Basic takes no identity token
        with (
            enter(place, kind, f"identity/{kind}", credentials=ExplicitCredentials(credential)) as session,
            pytest.raises(UnauthorizedError),
        ):
            push(session)
        return
    with enter(place, kind, f"identity/{kind}", credentials=ExplicitCredentials(credential)) as session:
        push(session)
        pull(session)
        assert session.explain().grant == "POST with an identity token"


@pytest.mark.parametrize("kind", KINDS)
def test_anonymous_callers_pull_with_tokens_and_are_refused_with_basic(place: Place, kind: Kind) -> None:
    with enter(place, kind, "there", **NOBODY) as session:
        if place.tokens is None:
            with pytest.raises(UnauthorizedError):
                pull(session)
        else:
            pull(session)
            assert session.explain().grant == "GET, anonymously"


@pytest.mark.parametrize("kind", KINDS)
def test_anonymous_callers_do_not_push(place: Place, kind: Kind) -> None:
    with enter(place, kind, "there", **NOBODY) as session, pytest.raises((UnauthorizedError, ForbiddenError)):
        session.call("start_blob_upload")


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_password_fails_at_once(place: Place, kind: Kind) -> None:
    with (
        enter(place, kind, "there", username=USERNAME, password="wrong") as session,
        pytest.raises((AuthError, UnauthorizedError)) as caught,
    ):
        session.call("get_manifest", "latest")
    assert "wrong" not in str(caught.value)
