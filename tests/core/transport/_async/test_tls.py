"""TLS options of a client: trusted certificates, client certificates, and certs.d."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path
from typing import Unpack

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import NotFoundError, TransportError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.types import AsyncClientOptions
from tests.support.names import resolve_to_loopback

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("empty_home")]


async def ping(registry: EmbeddedRegistry, **options: Unpack[AsyncClientOptions]) -> int:
    """Return the status of a ping, without retries."""
    options["max_retries"] = 0
    async with AsyncRegistryClientV2(f"https://{registry.host}/a", **options) as client:
        return (await client.ping()).status


async def test_an_unknown_authority_is_not_trusted(tls_registry: EmbeddedRegistry) -> None:
    with pytest.raises(TransportError, match=r"(?i)certificate"):
        await ping(tls_registry)


async def test_ca_file(tls_registry: EmbeddedRegistry) -> None:
    assert await ping(tls_registry, ca_file=tls_registry.ca_file) == 200
    assert await ping(tls_registry, ca_file=str(tls_registry.ca_file)) == 200


async def test_the_certificates_of_the_system_are_read_once_and_not_before_tls_begins(
    tls_registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tls_registry.ca_file))
    read: list[ssl.SSLContext] = []
    load = ssl.SSLContext.load_default_certs

    def note(context: ssl.SSLContext) -> None:
        read.append(context)
        load(context)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", note)
    with EmbeddedRegistry() as plain:
        async with AsyncRegistryClientV2(f"http://{plain.host}/a") as client:
            await client.ping()
            assert read == []
    async with AsyncRegistryClientV2(f"https://{tls_registry.host}/a") as client:
        assert read == []
        for _ in range(2):
            assert (await client.ping()).status == 200
            with pytest.raises(NotFoundError):
                await client.get_manifest("latest")
        assert len(read) == 1


async def test_blobs_are_fetched_with_the_certificates_of_the_system(
    tls_registry: EmbeddedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tls_registry.ca_file))
    async with AsyncRegistryClientV2(f"https://{tls_registry.host}/a") as client:
        with pytest.raises(NotFoundError):
            await client.download_blob("sha256:" + "0" * 64, tmp_path / "blob")


async def test_insecure(tls_registry: EmbeddedRegistry) -> None:
    assert await ping(tls_registry, insecure=True) == 200


async def test_insecure_false_verifies(tls_registry: EmbeddedRegistry) -> None:
    with pytest.raises(TransportError):
        await ping(tls_registry, insecure=False)


async def test_a_certificate_for_another_host_is_refused(monkeypatch: pytest.MonkeyPatch, tls_registry: EmbeddedRegistry) -> None:
    resolve_to_loopback(monkeypatch)
    name = f"registry.example.com:{tls_registry.host.rpartition(':')[2]}/a"
    async with AsyncRegistryClientV2(name, ca_file=tls_registry.ca_file) as client:
        with pytest.raises(TransportError, match=r"(?i)certificate"):
            await client.ping()


async def test_client_certificate(mutual_tls_registry: EmbeddedRegistry) -> None:
    ca_file, client_cert = mutual_tls_registry.ca_file, mutual_tls_registry.client_cert_file
    with pytest.raises(TransportError):
        await ping(mutual_tls_registry, ca_file=ca_file)
    assert await ping(mutual_tls_registry, ca_file=ca_file, client_cert=client_cert) == 200


async def test_client_certificate_and_key_in_two_files(tmp_path: Path, mutual_tls_registry: EmbeddedRegistry) -> None:
    text = mutual_tls_registry.client_cert_file.read_text()
    at = text.index("-----BEGIN CERTIFICATE")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    key.write_text(text[:at])
    cert.write_text(text[at:])
    assert await ping(mutual_tls_registry, ca_file=mutual_tls_registry.ca_file, client_cert=(cert, key)) == 200


@pytest.mark.parametrize("location", [".config", "xdg"])
async def test_certs_d(
    location: str, empty_home: Path, mutual_tls_registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    if location == "xdg":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(empty_home / location))
    folder = empty_home / location / "containers" / "certs.d" / mutual_tls_registry.host
    folder.mkdir(parents=True)
    shutil.copy(mutual_tls_registry.ca_file, folder / "ca.crt")
    text = mutual_tls_registry.client_cert_file.read_text()
    at = text.index("-----BEGIN CERTIFICATE")
    (folder / "client.key").write_text(text[:at])
    (folder / "client.cert").write_text(text[at:])
    assert await ping(mutual_tls_registry) == 200


async def test_certs_d_of_another_registry_is_not_used(empty_home: Path, tls_registry: EmbeddedRegistry) -> None:
    folder = empty_home / ".config" / "containers" / "certs.d" / "127.0.0.1:1"
    folder.mkdir(parents=True)
    shutil.copy(tls_registry.ca_file, folder / "ca.crt")
    with pytest.raises(TransportError):
        await ping(tls_registry)
