"""A docker-registry that requires tokens or a password, over http or https."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import trustme
from attrs import frozen

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.types import ClientOptions
from tests.support.docker_registry import PASSWORD, USERNAME, htpasswd_settings, run_docker_registry
from tests.support.images import OCI_MANIFEST, make_image
from tests.support.token_server import run_token_server

IMAGE = make_image()
MODES = ("token", "token-tls", "basic", "basic-tls")


@frozen
class PrivateRegistry:
    """A docker-registry that requires a login to push.

    Attributes:
        url: Its URL, without a path.
        token_service: The URL of its token service; None if it requires a password with Basic.
        ca_file: The file of the CA certificate to trust; None for http.
    """

    url: str
    token_service: str | None
    ca_file: Path | None

    @property
    def host(self) -> str:
        """Its host and port."""
        return self.url.partition("://")[2]

    def repo_url(self, repo: str) -> str:
        """Return the reference of a repository, as clients accept it."""
        return f"{'' if self.ca_file else 'http://'}{self.host}/{repo}"

    def ssl_context(self) -> ssl.SSLContext | None:
        """Return an SSL context that trusts the certificate of the registry; None for http."""
        return ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None


@contextmanager
def run_private_registry(folder: Path, mode: str) -> Iterator[PrivateRegistry]:
    """Run a docker-registry whose repository `library/there` holds the image IMAGE under the tag `latest`.

    Args:
        folder: An empty folder.
        mode: One of MODES.
    """
    auth, _, tls = mode.partition("-")
    with ExitStack() as running:
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
        service = running.enter_context(run_token_server(folder, context)) if auth == "token" else None
        settings = service.settings if service else htpasswd_settings(folder)
        server = running.enter_context(run_docker_registry(folder / "registry", settings=settings, tls=files))
        registry = PrivateRegistry(server.url, service.server.url if service else None, ca_file)
        options: ClientOptions = {"username": USERNAME, "password": PASSWORD}
        if ca_file:
            options["ca_file"] = ca_file
        with RegistryClientV2(registry.repo_url("library/there"), **options) as client:
            for content in IMAGE.config, IMAGE.layer:
                client.blob_upload(content)
            client.put_manifest(IMAGE.oci, "latest", media_type=OCI_MANIFEST)
        yield registry
