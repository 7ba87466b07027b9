"""A token service whose tokens Debian's docker-registry accepts."""

from __future__ import annotations

import base64
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import trustme
from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.support.docker_registry import PASSWORD, USERNAME

SERVICE = "registry of the tests"
ISSUER = "token service of the tests"
REFRESH_TOKEN = "refresh-me"


@frozen
class TokenServer:
    """A running token service.

    Attributes:
        server: The HTTP server.
        bundle: The file with the CA certificate that the registry verifies tokens with.
    """

    server: Loopback
    bundle: Path

    @property
    def settings(self) -> str:
        """The settings of a docker-registry that refers its clients to this token service."""
        where = f"realm: '{self.server.url}/token', service: '{SERVICE}', issuer: '{ISSUER}', rootcertbundle: {self.bundle}"
        return f"auth: {{token: {{{where}}}}}"


@contextmanager
def run_token_server(folder: Path, tls: ssl.SSLContext | None = None) -> Iterator[TokenServer]:
    """Run a token service on loopback until the context ends: everyone may pull, and USERNAME may do everything.

    Args:
        folder: The folder for the CA certificate.
        tls: The TLS context for https; None for http.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "bundle.pem")
    issued = authority.issue_cert("token-service.example.com")
    chain = [x509.load_pem_x509_certificate(blob.bytes()) for blob in issued.cert_chain_pems]
    key = ECKey.import_key(issued.private_key_pem.bytes())
    x5c = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]

    def answer(handler: Handler) -> None:
        known = _is_user(handler)
        if known is None:
            handler.reply(401, b'{"errors": [{"code": "UNAUTHORIZED", "message": "who?"}]}', Content_Type="application/json")
            return
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": USERNAME if known else "",
            "aud": SERVICE,
            "exp": now + 300,
            "nbf": now - 10,
            "iat": now,
            "jti": str(time.monotonic_ns()),
            "access": [granted for scope in _scopes(handler) if (granted := _grant(scope, known=known))["actions"]],
        }
        token = jwt.encode({"alg": "ES256", "typ": "JWT", "x5c": x5c}, claims, key, ["ES256"])
        handler.reply(200, json.dumps({"token": token, "expires_in": 300}).encode(), Content_Type="application/json")

    with run_loopback(answer, tls) as server:
        yield TokenServer(server, folder / "bundle.pem")


def _form(handler: Handler) -> dict[str, list[str]]:
    return parse_qs(handler.loopback.seen[-1].body.decode())


def _is_user(handler: Handler) -> bool | None:
    """Return True for the user, False for an anonymous request, and None for wrong credentials."""
    if handler.command == "POST":
        form = _form(handler)
        return (form.get("refresh_token") == [REFRESH_TOKEN] and form.get("client_id") is not None) or None
    authorization = handler.headers.get("Authorization")
    if authorization is None:
        return False
    return authorization == "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode() or None


def _scopes(handler: Handler) -> list[str]:
    parameters = _form(handler) if handler.command == "POST" else parse_qs(urlsplit(handler.path).query)
    return [scope for several in parameters.get("scope", []) for scope in several.split()]


def _grant(scope: str, *, known: bool) -> dict[str, object]:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    return {"type": kind, "name": name, "actions": [one for one in actions.split(",") if known or one == "pull"]}
