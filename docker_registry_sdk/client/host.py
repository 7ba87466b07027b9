"""The options of single registries in `Registries`."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Mapping
from typing import Any

from attrs import asdict, frozen

from .._core.transport.settings import FilePath
from .._core.wire import Timeout
from ..reference import Index, parse_index


@frozen(kw_only=True)
class Host:
    """The options of one registry in `Registries(hosts={"registry:5000": Host(...)})`. None uses the option of `Registries`.

    Attributes:
        plain_http: True to use http if a reference states no scheme; None or False for https, and for a registry on this
            machine for https, or http if there is no https.
        insecure: True to accept any certificate of the registry, its token service and its storage without verification; None
            uses the option of `Registries`, as for all attributes below.
        ca_file: A PEM file with certificates to trust in addition to those of the system, or None.
        client_cert: The client certificate: a PEM file with certificate and key, or a pair of PEM files; or None.
        ssl_context: An `ssl.SSLContext` with all TLS settings, instead of `insecure`, `ca_file` and `client_cert`; or None.
        proxy: The URL of a proxy, or None.
        timeout: The timeout of each step of a request, such as one read: seconds, a `Timeout`, or None.
        deadline: The maximum duration of a call in seconds, or None.
        max_retries: The maximum number of times that the same request is repeated, or None.
        max_retry_wait: The longest wait before a repetition in seconds, or None.
        trusted_realms: Hosts that are trusted as token services of this registry, or None.
        max_connections: The maximum number of connections for blobs, and the same number again for other requests; or None.
    """

    plain_http: bool | None = None
    insecure: bool | None = None
    ca_file: FilePath | None = None
    client_cert: FilePath | tuple[FilePath, FilePath] | None = None
    ssl_context: ssl.SSLContext | None = None
    proxy: str | None = None
    timeout: float | Timeout | None = None
    deadline: float | None = None
    max_retries: int | None = None
    max_retry_wait: float | None = None
    trusted_realms: Collection[str] | None = None
    max_connections: int | None = None

    @property
    def options(self) -> dict[str, Any]:
        """Return the options of a client that this object sets."""
        values = asdict(self, recurse=False)
        del values["plain_http"]
        return {name: value for name, value in values.items() if value is not None}


def parse_hosts(hosts: Mapping[str, Host] | None) -> dict[str, Host]:
    """Return the options of single registries, by the name of the registry.

    Args:
        hosts: The options by registry, such as `{"localhost:5000": Host(plain_http=True)}`; None for no options.

    Raises:
        InvalidReferenceError: A key is not a registry.
        TypeError: A value is not a `Host`, or two keys name the same registry.
    """
    if hosts is not None and not isinstance(hosts, Mapping):
        raise TypeError(f"hosts must be a mapping from registries to Host objects, not {type(hosts).__name__}")
    parsed: dict[str, Host] = {}
    for key, host in (hosts or {}).items():
        if not isinstance(host, Host):
            raise TypeError(f"hosts[{key!r}] must be a Host, not {type(host).__name__}; pass Host(...) with keyword arguments")
        name = parse_index(key).name
        if name in parsed:
            raise TypeError(f"hosts has two keys for the registry {name}; pass one")
        parsed[name] = host
    return parsed


def with_scheme(registry: Index, host: Host | None) -> Index:
    """Return a registry with the scheme that its options set, unless the registry has a scheme already.

    Args:
        registry: The registry.
        host: The options of the registry; None for no options.
    """
    return Index(registry.name, "http") if host is not None and host.plain_http and registry.scheme is None else registry
