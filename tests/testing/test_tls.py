"""HTTPS with generated certificates."""

import gc
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry


def test_trusted_certificate() -> None:
    with EmbeddedRegistry(tls=True) as registry:
        assert registry.url == f"https://{registry.host}"
        port = httpx.URL(registry.url).port
        for context in [ssl.create_default_context(cafile=registry.ca_file), ssl.create_default_context(cadata=registry.ca_pem)]:
            for name in ("127.0.0.1", "localhost"):
                assert httpx.get(f"https://{name}:{port}/v2/", verify=context).status_code == 200
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{registry.url}/v2/")
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"http://{registry.host}/v2/")


def test_same_certificate_after_a_restart() -> None:
    registry = EmbeddedRegistry(tls=True)
    context = ssl.create_default_context(cafile=registry.ca_file)
    for _ in range(2):
        with registry:
            assert httpx.get(f"{registry.url}/v2/", verify=context).status_code == 200


def test_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("IPv6 is not available")
    with EmbeddedRegistry(tls=True, host="::1") as registry:
        context = ssl.create_default_context(cafile=registry.ca_file)
        assert httpx.get(f"{registry.url}/v2/", verify=context).status_code == 200


def test_files_are_deleted_with_the_registry() -> None:
    registry = EmbeddedRegistry(tls=True)
    ca_file, directory = registry.ca_file, registry.ca_file.parent
    with registry:
        assert ca_file.read_text() == registry.ca_pem
        assert registry.client_cert_file.parent == directory
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert ca_file.exists()
    del registry
    gc.collect()
    assert not directory.exists()


def test_files_are_deleted_at_process_exit() -> None:
    program = "from docker_registry_sdk.testing import EmbeddedRegistry as R; r = R(tls=True); print(r.ca_file)"
    run = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert not Path(run.stdout.strip()).parent.exists()
    assert run.stderr == ""


def test_client_certificates() -> None:
    with EmbeddedRegistry(tls=True, require_client_certificate=True) as registry, EmbeddedRegistry(tls=True) as other:
        context = ssl.create_default_context(cafile=registry.ca_file)
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{registry.url}/v2/", verify=context)
        context.load_cert_chain(other.client_cert_file)
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{registry.url}/v2/", verify=context)
        context = ssl.create_default_context(cafile=registry.ca_file)
        context.load_cert_chain(registry.client_cert_file)
        assert httpx.get(f"{registry.url}/v2/", verify=context).status_code == 200
        assert len(registry.requests) == 1


def test_without_tls() -> None:
    registry = EmbeddedRegistry()
    for name in ("ca_file", "ca_pem", "client_cert_file"):
        with pytest.raises(RuntimeError, match="tls=True"):
            getattr(registry, name)


def test_contradicting_arguments() -> None:
    with pytest.raises(ValueError, match="requires tls=True"):
        EmbeddedRegistry(require_client_certificate=True)
    with pytest.raises(ValueError, match="ssl_context"):
        EmbeddedRegistry(tls=True, ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))


def test_cryptography_is_imported_on_first_use() -> None:
    program = """
import sys
from docker_registry_sdk.testing import EmbeddedRegistry
with EmbeddedRegistry(auth="basic"):
    assert not {"trustme", "joserfc", "cryptography"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
