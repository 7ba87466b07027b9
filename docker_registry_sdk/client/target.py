"""The registry and the repository of a client."""

from __future__ import annotations

import re
from typing import Final

from .._core.text.redaction import quoted
from ..errors import InvalidReferenceError
from ..reference import Index, Repo, parse_index, parse_repo

_SCHEME: Final = "https?://"
_PORT: Final = r":\d{2,5}\Z"


def parse_target(
    name: str | Repo | None, registry: str | Index | None, index: str | Index | None = None
) -> tuple[Index, Repo | None]:
    """Return the registry and the repository for the arguments of a client. The repository is None if `name` is None.

    Args:
        name: The repository, as in `docker pull`; None for a client that is bound to no repository.
        registry: The registry to use if `name` contains no registry; None for Docker Hub.
        index: The node.js client's word for `registry`; at least one of them must be None.

    Raises:
        InvalidReferenceError: The name or the registry is malformed, the name contains a tag or a digest, or the name is that of
            a registry instead of a repository.
        TypeError: Both `registry` and `index` are given.
    """
    if registry is not None and index is not None:
        raise TypeError("pass the registry either as registry= or as index=, but not both")
    given = index if registry is None else registry
    if isinstance(name, str) and given is None:
        _check_no_host(name)
    parsed = parse_index(given) if isinstance(given, str) or given is None else given
    if name is None:
        return parsed, None
    repo = parse_repo(name, parsed) if isinstance(name, str) else Repo(name.index, name.remote_name)
    return repo.index, repo


def _check_no_host(name: str) -> None:
    """Raise an exception for the name of a registry, such as `ghcr.io`: `docker pull` would look for it on Docker Hub."""
    shown = name.rstrip("/")
    scheme, host = re.match(_SCHEME, name), re.sub(_SCHEME, "", shown)
    if not host or "/" in host or "@" in host:
        return
    first = host.partition(":")[0]
    if scheme or "." in first or first == "localhost" or re.search(_PORT, host):
        raise InvalidReferenceError(
            f"{quoted(shown)} is the name of a registry, not of a repository",
            hint=f"Pass registry={shown!r}, or write a repository after the registry, such as {shown}/library/alpine.",
        )


def repo_on_registry(name: str | Repo, registry: Index) -> Repo:
    """Return a repository, after checking that the repository is on a given registry.

    Args:
        name: The repository. If the name contains no registry, the repository is on `registry`.
        registry: The registry that the repository must be on.

    Raises:
        InvalidReferenceError: The name is malformed, or the repository is on another registry.
    """
    repo = parse_repo(name, registry) if isinstance(name, str) else Repo(name.index, name.remote_name)
    if repo.index.name != registry.name:
        raise InvalidReferenceError(
            f"the repository {repo.canonical_name} is not on the registry {registry.name} of this client",
            hint="Create another client for that repository.",
        )
    return repo
