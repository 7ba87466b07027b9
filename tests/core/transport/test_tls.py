"""TLS: what is trusted, what is shown, and what the errors name."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from docker_registry_sdk._core.transport.tls import create_ssl_context
from docker_registry_sdk.errors import NotFoundError, RegistryError, TransportError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.names import resolve_to_loopback
from tests.support.sessions import KINDS, Kind, open_session


@pytest.fixture(scope="module")
def registry() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(tls=True) as running:
        yield running


@pytest.fixture(scope="module")
def strict() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(tls=True, require_client_certificate=True) as running:
        yield running


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path


def ping(kind: Kind, registry: EmbeddedRegistry, **options: object) -> int:
    """Return the status of a ping."""
    with open_session(kind, f"https://{registry.host}/a", max_retries=0, **options) as session:
        status = session.call("ping").status
    assert isinstance(status, int)
    return status


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_authority_is_not_trusted(kind: Kind, registry: EmbeddedRegistry) -> None:
    with pytest.raises(TransportError, match=r"(?i)certificate"):
        ping(kind, registry)


@pytest.mark.parametrize("kind", KINDS)
def test_ca_file(kind: Kind, registry: EmbeddedRegistry) -> None:
    assert ping(kind, registry, ca_file=registry.ca_file) == 200
    assert ping(kind, registry, ca_file=str(registry.ca_file)) == 200


@pytest.mark.parametrize("kind", KINDS)
def test_the_certificates_of_the_system_are_read_once_and_not_before_tls_begins(
    kind: Kind, registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(registry.ca_file))
    read: list[ssl.SSLContext] = []
    load = ssl.SSLContext.load_default_certs

    def note(context: ssl.SSLContext) -> None:
        read.append(context)
        load(context)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", note)
    with EmbeddedRegistry() as plain, open_session(kind, f"http://{plain.host}/a") as session:
        session.call("ping")
        assert read == []
    with open_session(kind, f"https://{registry.host}/a") as session:
        assert read == []
        for _ in range(2):
            assert session.call("ping").status == 200
            with pytest.raises(NotFoundError):
                session.call("get_manifest", "latest")
        assert len(read) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_certificates_of_the_system_count_for_blobs(
    kind: Kind, registry: EmbeddedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(registry.ca_file))
    with open_session(kind, f"https://{registry.host}/a") as session, pytest.raises(NotFoundError):
        session.call("download_blob", "sha256:" + "0" * 64, tmp_path / "blob")


def test_a_context_checks_what_the_default_one_checks() -> None:
    context, default = create_ssl_context("registry.example.com", {}), ssl.create_default_context()
    for name in ("verify_mode", "check_hostname", "verify_flags", "options", "minimum_version", "keylog_filename"):
        assert getattr(context, name) == getattr(default, name)


@pytest.mark.parametrize("kind", KINDS)
def test_insecure(kind: Kind, registry: EmbeddedRegistry) -> None:
    assert ping(kind, registry, insecure=True) == 200


def test_insecure_false_verifies(registry: EmbeddedRegistry) -> None:
    with pytest.raises(TransportError):
        ping("sync", registry, insecure=False)


def test_the_name_of_the_host_counts(monkeypatch: pytest.MonkeyPatch, registry: EmbeddedRegistry) -> None:
    resolve_to_loopback(monkeypatch)
    name = f"registry.example.com:{registry.host.rpartition(':')[2]}/a"
    with open_session("sync", name, ca_file=registry.ca_file) as session, pytest.raises(TransportError, match=r"(?i)certificate"):
        session.call("ping")


@pytest.mark.parametrize("kind", KINDS)
def test_client_certificate(kind: Kind, strict: EmbeddedRegistry) -> None:
    with pytest.raises(TransportError):
        ping(kind, strict, ca_file=strict.ca_file)
    assert ping(kind, strict, ca_file=strict.ca_file, client_cert=strict.client_cert_file) == 200


def test_client_certificate_and_key_in_two_files(tmp_path: Path, strict: EmbeddedRegistry) -> None:
    text = strict.client_cert_file.read_text()
    at = text.index("-----BEGIN CERTIFICATE")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    key.write_text(text[:at])
    cert.write_text(text[at:])
    assert ping("sync", strict, ca_file=strict.ca_file, client_cert=(cert, key)) == 200


@pytest.mark.parametrize("place", [".config", "xdg"])
@pytest.mark.parametrize("kind", KINDS)
def test_certs_d(kind: Kind, place: str, home: Path, strict: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "xdg":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home / place))
    folder = home / place / "containers" / "certs.d" / strict.host
    folder.mkdir(parents=True)
    shutil.copy(strict.ca_file, folder / "ca.crt")
    text = strict.client_cert_file.read_text()
    at = text.index("-----BEGIN CERTIFICATE")
    (folder / "client.key").write_text(text[:at])
    (folder / "client.cert").write_text(text[at:])
    assert ping(kind, strict) == 200


def test_certs_d_of_another_registry_does_not_count(home: Path, registry: EmbeddedRegistry) -> None:
    folder = home / ".config" / "containers" / "certs.d" / "127.0.0.1:1"
    folder.mkdir(parents=True)
    shutil.copy(registry.ca_file, folder / "ca.crt")
    with pytest.raises(TransportError):
        ping("sync", registry)


@pytest.mark.parametrize("content", [None, b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_the_error_names_a_ca_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RegistryError, match=r"ca\.pem: no certificates to trust"):
        create_ssl_context("registry.example.com", {"ca_file": path})


def test_the_error_names_a_client_certificate_without_key(tmp_path: Path) -> None:
    path = tmp_path / "client.pem"
    path.write_bytes(trustme.CA().cert_pem.bytes())
    with pytest.raises(RegistryError, match=r"client\.pem: no client certificate"):
        create_ssl_context("registry.example.com", {"client_cert": path})


def test_the_error_names_a_key_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "client.pem"
    path.write_bytes(trustme.CA().cert_pem.bytes())
    with pytest.raises(RegistryError, match=r"client\.pem and .*missing\.key"):
        create_ssl_context("registry.example.com", {"client_cert": (path, tmp_path / "missing.key")})


def test_the_error_names_a_broken_file_in_certs_d(home: Path) -> None:
    folder = home / ".config" / "containers" / "certs.d" / "registry.example.com:5000"
    folder.mkdir(parents=True)
    (folder / "broken.crt").write_text("junk")
    with pytest.raises(RegistryError, match=r"broken\.crt"):
        create_ssl_context("registry.example.com:5000", {})


def test_a_key_with_a_passphrase_is_an_error_and_no_question(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    issued = trustme.CA().issue_cert("x.example.com")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(cert)
    private = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hunter2")))
    with pytest.raises(RegistryError, match=r"key\.pem"):
        create_ssl_context("registry.example.com", {"client_cert": (cert, key)})
