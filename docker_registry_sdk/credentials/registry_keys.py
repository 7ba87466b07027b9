"""The keys under which configuration files store credentials, and the names under which helpers store credentials.

Forms of a key: `host`, `host:port`, `https://host`, `https://host/v1/` and, in Podman's files, `host/namespace/repo`. As in the
pull secrets of Kubernetes, the host may be a pattern, such as `*.dkr.ecr.*.amazonaws.com`.

Source: https://kubernetes.io/docs/concepts/containers/images/#config-json
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from typing import Final

# The key of Docker Hub in configuration files and for helpers: the former URL of the Docker index.
HUB_SERVER: Final = "https://index.docker.io/v1/"
HUB: Final = "docker.io"

# The port 443 after a name, an IPv4 address or an IPv6 address in brackets, not the end of an IPv6 address without brackets.
_DEFAULT_PORT: Final = re.compile(r"([^:\[]+|\[[^\]]*\]):443")
_HUB_HOSTS: Final = (HUB, "index.docker.io", "registry-1.docker.io")


def registry_key(registry: str) -> str:
    """Return the normalized name of a registry. Two names of the same registry, such as `host` and `host:443`, have the same one.

    Args:
        registry: The host of the registry, with or without a port.
    """
    name = registry.lower()
    if (port := _DEFAULT_PORT.fullmatch(name)) is not None:
        name = port[1]
    return HUB if name in _HUB_HOSTS else name


def names_repo(key: str, registry: str) -> bool:
    """Return whether a key is for a repository or namespace of a registry, not for the whole registry.

    Args:
        key: The key.
        registry: The name of the registry.
    """
    _, host, path = _split(key)
    wanted = registry_key(registry)
    return bool(path) and (registry_key(host) == wanted or (is_pattern(host) and _matches(registry_key(host), wanted)))


def helper_servers(registry: str) -> tuple[str, ...]:
    """Return the server names under which helpers may store the credential of a registry, in the order in which to try them.

    Docker Hub has two server names, since Docker and Podman store its credential under different names. So has a registry that is
    named with the port 443.

    Args:
        registry: The name of the registry.
    """
    name = registry_key(registry)
    return (HUB_SERVER, HUB) if name == HUB else tuple(dict.fromkeys((registry.lower(), name)))


def matching_keys(keys: Iterable[str], registry: str, repo: str | None) -> list[str]:
    """Return a new list of the keys that match a repository: keys with a longer path first, the key of the registry last.

    Keys whose host is a pattern follow the other keys, in the order of Kubernetes: a pattern with literal characters where
    another pattern has a `*` comes first.

    Args:
        keys: All keys in a configuration file.
        registry: The name of the registry.
        repo: The repository's name in the registry; None to match only keys without a repository or namespace.
    """
    wanted = registry_key(registry)
    parts = repo.split("/") if repo else []
    found: list[tuple[int, int, str]] = []
    patterns: list[tuple[str, int, str]] = []
    for key in keys:
        rank, host, path = _split(key)
        if path != parts[: len(path)]:
            continue
        if registry_key(host) == wanted:
            found.append((-len(path), -2 if key == registry else -1 if key == HUB_SERVER else rank, key))
        elif is_pattern(host) and _matches(registry_key(host), wanted):
            patterns.append((host, -len(path), key))
    patterns.sort(key=lambda entry: entry[0], reverse=True)
    patterns.sort(key=lambda entry: entry[1])
    return [key for _, _, key in (*sorted(found, key=lambda entry: entry[:2]), *patterns)]


def is_pattern(key: str) -> bool:
    """Return whether the host in a key is a pattern with `*`, `?` or `[…]`. A host that begins with `[` is an IPv6 address.

    Args:
        key: The key, or its host.
    """
    host = _split(key)[1]
    return not host.startswith("[") and any(character in host for character in "*?[")


def never_matches(key: str) -> str | None:
    """Return why a key can match no registry and no repository; None if it can.

    Args:
        key: The key.
    """
    _, host, path = _split(key)
    name, _, port = host.partition("]")[2].partition(":") if host.startswith("[") else host.partition(":")
    if any(character in part for part in path for character in "*?["):
        return "its path contains a pattern, but only a host may"
    if any(character in port for character in "*?["):
        return "its port is a pattern, but only a host may be one"
    if not host or (not host.startswith("[") and "" in name.removesuffix(".").split(".")):
        return "a part of its host is empty; write *.example.com for the hosts of a domain"
    if is_pattern(key) and "[" in name and "]" not in name.partition("[")[2]:
        return "its host has a [ without a ]"
    return None


def _matches(pattern: str, host: str) -> bool:
    """Return whether a host matches a pattern: with the same port, and label by label, so that `*` stands for one label only."""
    (labels, port), (wanted, wanted_port) = _labels(pattern), _labels(host)
    if port != wanted_port or len(labels) != len(wanted):
        return False
    return all(fnmatch.fnmatchcase(label, one.replace("[^", "[!")) for one, label in zip(labels, wanted, strict=True))


def _labels(host: str) -> tuple[list[str], str]:
    name, _, port = host.partition(":")
    return name.split("."), port


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
