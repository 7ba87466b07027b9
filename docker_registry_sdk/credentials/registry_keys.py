"""The keys under which configuration files store credentials, and the names under which helpers store credentials.

Forms of a key: `host`, `host:port`, `https://host`, `https://host/v1/` and, in Podman's files, `host/namespace/repo`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# The key of Docker Hub in configuration files and for helpers: the former URL of the Docker index.
HUB_SERVER: Final = "https://index.docker.io/v1/"
HUB: Final = "docker.io"

_HUB_HOSTS: Final = (HUB, "index.docker.io", "registry-1.docker.io")


def registry_key(registry: str) -> str:
    """Return the normalized name of a registry. Two names of the same registry have the same normalized name.

    Args:
        registry: The host of the registry, with or without a port.
    """
    name = registry.lower()
    return HUB if name in _HUB_HOSTS else name


def helper_servers(registry: str) -> tuple[str, ...]:
    """Return the server names under which helpers may store the credential of a registry, in the order in which to try them.

    Docker Hub has two server names, since Docker and Podman store its credential under different names.

    Args:
        registry: The name of the registry.
    """
    name = registry_key(registry)
    return (HUB_SERVER, HUB) if name == HUB else (name,)


def matching_keys(keys: Iterable[str], registry: str, repo: str | None) -> list[str]:
    """Return a new list of the keys that match a repository: keys with a longer path first, the key of the registry last.

    Args:
        keys: All keys in a configuration file.
        registry: The name of the registry.
        repo: The repository's name in the registry; None to match only keys without a repository or namespace.
    """
    wanted = registry_key(registry)
    parts = repo.split("/") if repo else []
    found: list[tuple[int, int, str]] = []
    for key in keys:
        rank, host, path = _split(key)
        if registry_key(host) == wanted and path == parts[: len(path)]:
            found.append((-len(path), -2 if key == registry else -1 if key == HUB_SERVER else rank, key))
    return [key for _, _, key in sorted(found, key=lambda entry: entry[:2])]


def _split(key: str) -> tuple[int, str, list[str]]:
    """Return the rank of a key's form (lower ranks are preferred), the key's host and port, and the parts of the key's path."""
    scheme, separator, rest = key.partition("://")
    if not separator:
        scheme, rest = "", key
    host, _, path = rest.partition("/")
    # `/v1/` and `/v2/` are paths of the API. Without a scheme and a final slash, `v1` may be a namespace.
    if path in ("v1/", "v2/") or (separator and path in ("v1", "v2")):
        path = ""
    rank = {"": 0, "https": 1, "http": 2}.get(scheme, 3)
    return rank, host, [part for part in path.split("/") if part]
