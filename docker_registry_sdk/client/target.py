"""The registry and the repository of a client."""

from __future__ import annotations

from ..errors import InvalidReferenceError
from ..reference import Index, Repo, parse_index, parse_repo


def parse_target(name: str | Repo | None, index: str | Index | None) -> tuple[Index, Repo | None]:
    """Return the registry and the repository for the arguments of a client. The repository is None if `name` is None.

    Args:
        name: The repository, as in `docker pull`; None for a client that is bound to no repository.
        index: The registry to use if `name` contains no registry; None for Docker Hub.

    Raises:
        InvalidReferenceError: The name or the index is malformed, or the name contains a tag or a digest.
    """
    registry = parse_index(index) if isinstance(index, str) or index is None else index
    if name is None:
        return registry, None
    repo = parse_repo(name, registry) if isinstance(name, str) else Repo(name.index, name.remote_name)
    return repo.index, repo


def repo_on_index(name: str | Repo, index: Index) -> Repo:
    """Return a repository, after checking that the repository is on a given registry.

    Args:
        name: The repository. If the name contains no registry, the repository is on `index`.
        index: The registry that the repository must be on.

    Raises:
        InvalidReferenceError: The name is malformed, or the repository is on another registry.
    """
    repo = parse_repo(name, index) if isinstance(name, str) else name
    if repo.index.name != index.name:
        raise InvalidReferenceError(
            f"the repository {repo.canonical_name} is not on the registry {index.name} of this client: "
            "create another client for that repository"
        )
    return repo
