"""Which registry and repository a client is for."""

from __future__ import annotations

from ..errors import InvalidReferenceError
from ..reference import Index, Repo, parse_index, parse_repo


def parse_target(name: str | Repo | None, index: str | Index | None) -> tuple[Index, Repo | None]:
    """Return the registry and the repository that a client is for.

    Args:
        name: The repository, as in `docker pull`; None for a client that is bound to none.
        index: The registry, when the name does not say; Docker Hub when neither does.

    Raises:
        InvalidReferenceError: One of them is malformed, or names a tag or digest.
    """
    where = parse_index(index) if isinstance(index, str) or index is None else index
    if name is None:
        return where, None
    repo = parse_repo(name, where) if isinstance(name, str) else Repo(name.index, name.remote_name)
    return repo.index, repo


def same_registry(repo: Repo, index: Index) -> Repo:
    """Return the repository, once it is known to be of this registry.

    Args:
        repo: The repository.
        index: The registry.

    Raises:
        InvalidReferenceError: It is of another one.
    """
    if repo.index.name != index.name:
        raise InvalidReferenceError(f"{repo.canonical_name} is not on {index.name}: make another client for it")
    return repo
