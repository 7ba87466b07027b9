"""SSL contexts: their checks, and the files that errors name."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from docker_registry_sdk._core.transport.settings import ClientSettings
from docker_registry_sdk._core.transport.tls import create_ssl_context
from docker_registry_sdk.errors import RegistryError

pytestmark = pytest.mark.usefixtures("empty_home")


def test_a_context_has_the_checks_of_the_default_context() -> None:
    context, default = create_ssl_context("registry.example.com", ClientSettings()), ssl.create_default_context()
    for name in ("verify_mode", "check_hostname", "verify_flags", "options", "minimum_version", "keylog_filename"):
        assert getattr(context, name) == getattr(default, name)


@pytest.mark.parametrize("content", [None, b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_the_error_names_a_ca_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RegistryError, match=r"ca\.pem: the trusted certificates cannot be read"):
        create_ssl_context("registry.example.com", ClientSettings(ca_file=path))


def test_the_error_names_a_client_certificate_without_key(tmp_path: Path) -> None:
    path = tmp_path / "client.pem"
    path.write_bytes(trustme.CA().cert_pem.bytes())
    with pytest.raises(RegistryError, match=r"client\.pem: the client certificate and its key cannot be read"):
        create_ssl_context("registry.example.com", ClientSettings(client_cert=path))


def test_the_error_names_a_key_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "client.pem"
    path.write_bytes(trustme.CA().cert_pem.bytes())
    with pytest.raises(RegistryError, match=r"client\.pem and .*missing\.key"):
        create_ssl_context("registry.example.com", ClientSettings(client_cert=(path, tmp_path / "missing.key")))


def test_the_error_names_a_broken_file_in_certs_d(empty_home: Path) -> None:
    folder = empty_home / ".config" / "containers" / "certs.d" / "registry.example.com:5000"
    folder.mkdir(parents=True)
    (folder / "broken.crt").write_text("junk")
    with pytest.raises(RegistryError, match=r"broken\.crt"):
        create_ssl_context("registry.example.com:5000", ClientSettings())


def test_a_key_with_a_passphrase_is_refused_without_a_prompt(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    issued = trustme.CA().issue_cert("x.example.com")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(cert)
    private = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hunter2")))
    with pytest.raises(RegistryError, match=r"key\.pem"):
        create_ssl_context("registry.example.com", ClientSettings(client_cert=(cert, key)))
