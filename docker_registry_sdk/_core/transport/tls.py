"""TLS settings: the trusted certificates and the client certificate, also from Docker's certs.d folders."""

from __future__ import annotations

import os
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

from ...errors import RegistryError
from .settings import ClientSettings

# The folders of Docker and Podman for certificates. Each registry has a subfolder whose name is host or host:port.
# Source: https://docs.docker.com/engine/security/certificates/, containers-certs.d(5)
_FOLDERS = ("/etc/containers/certs.d", "/etc/docker/certs.d")


def create_ssl_context(registry: str, settings: ClientSettings) -> ssl.SSLContext:
    """Return the TLS context of a client, with the system's trusted certificates and those for the registry.

    If the settings contain an `ssl_context`, the result is this context, unchanged.

    Args:
        registry: The host of the registry, with its port if it has one. Certificates are read from the folders with this name
            in the certs.d folders of Docker and Podman.
        settings: The client's settings, of which `ssl_context`, `ca_file`, `client_cert` and `insecure` are used.

    Raises:
        RegistryError: A file with certificates or keys cannot be read.
    """
    if settings.ssl_context is not None:
        return settings.ssl_context
    context = _create_late_context()
    for folder in _folders(registry):
        for path in sorted(folder.glob("*.crt")):
            _load(context, path)
        for path in sorted(folder.glob("*.cert")):
            beside = path.with_suffix(".key")
            _load_client_certificate(context, path, beside if beside.exists() else None)
    if settings.ca_file is not None:
        _load(context, Path(settings.ca_file))
    if (cert := settings.client_cert) is not None:
        certificate, key = cert if isinstance(cert, tuple) else (cert, None)
        _load_client_certificate(context, Path(certificate), None if key is None else Path(key))
    if settings.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def has_certificate_files(registry: str, settings: ClientSettings) -> bool:
    """Return whether the TLS context of a client contains certificates from files other than those of the system.

    Args:
        registry: The host of the registry, with its port if it has one.
        settings: The client's settings, of which `ssl_context`, `ca_file` and `client_cert` are used.
    """
    if settings.ssl_context is not None:
        return False
    return settings.ca_file is not None or settings.client_cert is not None or bool(_folders(registry))


def _create_late_context() -> ssl.SSLContext:
    """Return a TLS context that loads the system's certificates at the first handshake, since loading them is slow."""
    lock = threading.Lock()

    class LateContext(ssl.SSLContext):  # defined here, since other libraries (truststore) replace the base class at run time
        _is_loaded = False

        def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
            self._load()
            return super().wrap_socket(*arguments, **options)

        def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
            self._load()
            return super().wrap_bio(*arguments, **options)

        def _load(self) -> None:
            with lock:
                if not self._is_loaded and self.verify_mode != ssl.CERT_NONE:
                    self.load_default_certs()
                    self._is_loaded = True

    context = LateContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if (log := os.environ.get("SSLKEYLOGFILE")) and not sys.flags.ignore_environment:
        context.keylog_filename = log
    return context


def _folders(registry: str) -> list[Path]:
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    roots = [Path(home, "containers/certs.d"), *map(Path, _FOLDERS)]
    # Path.is_dir would raise if the parent folder may not be read.
    return [folder for root in roots if os.path.isdir(folder := root / registry)]


def _load(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise RegistryError(
            f"{path}: the trusted certificates cannot be read: {error.strerror or error}",
            hint="Check the path, its permissions, and that the file contains certificates in the PEM format.",
        ) from error


def _load_client_certificate(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        # Without a password callback OpenSSL would prompt on the terminal.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ssl.SSLError) as error:
        files = f"{certificate}" if key is None else f"{certificate} and {key}"
        raise RegistryError(
            f"{files}: the client certificate and its key cannot be read: {error.strerror or error}",
            hint="Check the paths, their permissions, and that the files are in the PEM format and belong together.",
        ) from error
