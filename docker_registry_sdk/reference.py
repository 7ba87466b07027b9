"""Parse references to images, such as the argument of `docker pull`, into registry, repository, tag and digest.

    ref = parse_repo_and_ref("alpine:3.20")
    ref.index.name, ref.remote_name, ref.tag    # ('docker.io', 'library/alpine', '3.20')

The grammar of references is specified in https://github.com/distribution/reference. In addition, a reference may begin with a
scheme, as in `http://localhost:5000/alpine`. The constructors of all classes reject invalid values.
"""

from __future__ import annotations

from typing import Final, Literal, cast

from attrs import Factory, field, frozen

from ._core.names.grammar import IMAGE_ID, check_index_name, check_remote_name, check_tag, is_host, shown
from ._core.text.redaction import quoted
from .digest import Digest
from .errors import InvalidReferenceError

DEFAULT_INDEX_NAME: Final = "docker.io"
DEFAULT_TAG: Final = "latest"

Scheme = Literal["http", "https"]

# The former name of Docker Hub, "the Docker index". Configuration files still store credentials under the former URL.
_FORMER_INDEX_NAME: Final = "index.docker.io"
_FORMER_INDEX_URL: Final = "https://index.docker.io/v1/"
_LIBRARY: Final = "library/"
_ONLY_REPO: Final = "Leave out the {0}; parse_repo_and_ref and Registries.ref accept names with a {0}."


def _index_name(name: str) -> str:
    check_index_name(name)
    return DEFAULT_INDEX_NAME if name.lower() in (DEFAULT_INDEX_NAME, _FORMER_INDEX_NAME) else name


def _is_official(index: Registry) -> bool:
    return index.name == DEFAULT_INDEX_NAME


@frozen
class Registry:
    """A registry, as it is named in a reference.

    Attributes:
        name: The host and the optional port, such as `docker.io`, `localhost:5000`, `[::1]:5000`.
        official: Whether the registry is Docker Hub.
        scheme: `http` or `https`; None if the reference states no scheme.

    Raises:
        InvalidReferenceError: The name or the scheme is invalid, or the scheme of Docker Hub is `http`.
    """

    name: str = field(converter=_index_name)
    official: bool = field(init=False, default=Factory(_is_official, takes_self=True))
    scheme: Scheme | None = None

    def __attrs_post_init__(self) -> None:
        if self.scheme not in (None, "http", "https"):
            raise InvalidReferenceError(
                f"the scheme of registry {self.name!r} is neither http nor https", hint="Use 'http', 'https' or None."
            )
        if self.official and self.scheme == "http":
            raise InvalidReferenceError(
                f"the registry {self.name!r} is not available over http", hint="Write https:// or no scheme."
            )

    def __str__(self) -> str:
        return self.name if self.scheme is None else f"{self.scheme}://{self.name}"


Index = Registry
"""The name of `Registry` in the node client."""


def _remote_name(name: str) -> str:
    check_remote_name(name)
    return name


def _is_official_repo(repo: Repo) -> bool:
    namespace, _, name = repo.remote_name.partition(_LIBRARY)
    return repo.index.official and not namespace and bool(name) and "/" not in name


def _local_name(repo: Repo) -> str:
    if not repo.index.official:
        return f"{repo.index.name}/{repo.remote_name}"
    return repo.remote_name.removeprefix(_LIBRARY) if repo.official else repo.remote_name


def _canonical_name(repo: Repo) -> str:
    return f"{repo.index.name}/{repo.local_name}" if repo.index.official else repo.local_name


@frozen
class Repo:
    """A repository in a registry.

    Attributes:
        index: The registry.
        remote_name: The name in the URLs of requests to the registry, such as `library/alpine`.
        official: Whether the repository is an official image, in the namespace `library` of Docker Hub.
        local_name: The shortest name for `docker pull`: without the registry for Docker Hub, such as `alpine`, and with the
            registry for other registries, such as `quay.io/coreos/etcd`.
        canonical_name: The name that always begins with the registry, such as `docker.io/alpine` or `quay.io/coreos/etcd`.

    Raises:
        InvalidReferenceError: The remote name is invalid.
    """

    index: Registry
    remote_name: str = field(converter=_remote_name)
    official: bool = field(init=False, default=Factory(_is_official_repo, takes_self=True))
    local_name: str = field(init=False, default=Factory(_local_name, takes_self=True))
    canonical_name: str = field(init=False, default=Factory(_canonical_name, takes_self=True))

    def __attrs_post_init__(self) -> None:
        if self.index.official and "/" not in self.remote_name:
            raise InvalidReferenceError(
                f"the repository name {quoted(self.remote_name)} on {self.index.name} has no namespace",
                hint="For an official image, write library/ before the name.",
            )

    def __str__(self) -> str:
        return self.canonical_name if self.index.scheme is None else f"{self.index.scheme}://{self.canonical_name}"


@frozen
class RepoRef(Repo):
    """A repository with a tag, a digest or both.

    Attributes:
        tag: The tag; None if the reference has only a digest.
        digest: The digest; None if the reference has only a tag. If the reference has both, the digest determines the manifest.

    Raises:
        InvalidReferenceError: The tag or the digest is invalid, or both are missing.
    """

    tag: str | None = field(default=None, kw_only=True)
    digest: Digest | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.tag is not None:
            check_tag(self.tag)
        if self.digest is not None and not isinstance(self.digest, Digest):
            Digest(self.digest)  # raises if the text is not a digest
            raise InvalidReferenceError("digest must be a Digest", hint="Create it with Digest(text).")
        if self.tag is None and self.digest is None:
            raise InvalidReferenceError("a reference needs a tag or a digest", hint="Pass a tag, such as latest, or a digest.")

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        return f"{super().__str__()}{tag}" if self.digest is None else f"{super().__str__()}{tag}@{self.digest}"


def parse_registry(text: str | None = None) -> Registry:
    """Return the registry that a text names.

    Args:
        text: A host, such as `quay.io`. A scheme before the host, a port after the host, and one slash at the end are optional. A
            host other than `localhost` must have a dot, a port or a capital letter. None, an empty text and
            `https://index.docker.io/v1/` mean Docker Hub.

    Raises:
        InvalidReferenceError: The text is invalid; the message names the invalid part and what to write instead.

    Source: https://github.com/distribution/reference/blob/main/normalize.go
    """
    if text is None or text == "" or text == _FORMER_INDEX_URL:
        return Registry(DEFAULT_INDEX_NAME)
    scheme, rest = _split_scheme(text)
    host = rest.removesuffix("/")
    if "/" in host:
        raise InvalidReferenceError(f"registry {shown(text)} has a path after the host", hint="Write only the host and the port.")
    return Registry(host, scheme=scheme)


parse_index = parse_registry
"""The name of `parse_registry` in the node client."""


def parse_repo(text: str, default_index: str | Registry | None = None) -> Repo:
    """Return the repository that a text names.

    Args:
        text: A name such as `alpine`, `quay.io/coreos/etcd` or `http://localhost:5000/alpine`, without tag and digest.
        default_index: The registry to use if the text names no registry: a text for `parse_registry`, or a `Registry`; None for
            Docker Hub.

    Raises:
        InvalidReferenceError: The text is invalid; the message names the invalid part and what to write instead.

    Source: https://github.com/distribution/reference/blob/main/normalize.go
    """
    return _parse_repo(text, default_index, is_whole=True)


def _parse_repo(text: str, default_index: str | Registry | None, *, is_whole: bool) -> Repo:
    """Return the repository that a text names; `is_whole` tells whether neither a tag nor a digest was cut off from the text."""
    scheme, rest = _split_scheme(text)
    host, slash, name = rest.partition("/")
    if scheme is not None:
        if not slash:
            raise InvalidReferenceError(
                f"reference {shown(text)} ends after the host", hint="Write a slash and the repository's name."
            )
        index = parse_registry(f"{scheme}://{host}")
    elif slash and is_host(host):
        index = Registry(host)
    else:
        index, name = default_index if isinstance(default_index, Registry) else parse_registry(default_index), rest
        if is_whole and IMAGE_ID.fullmatch(name):  # with a tag or a digest, Docker takes it for a repository
            raise InvalidReferenceError(
                f"the name {shown(name)} is an image ID, since it has 64 hexadecimal digits",
                hint=f"For a repository, write {index.name}/ before the name.",
            )
    if "@" in name:
        raise InvalidReferenceError("the repository name contains an @", hint=_ONLY_REPO.format("digest"))
    if ":" in name:
        raise InvalidReferenceError(f"the repository name {shown(name)} contains a colon", hint=_ONLY_REPO.format("tag"))
    check_remote_name(name)
    return Repo(index, f"{_LIBRARY}{name}" if index.official and "/" not in name else name)


def parse_repo_and_ref(text: str, default_index: str | Registry | None = None) -> RepoRef:
    """Return the repository, the tag and the digest that a text names.

    Args:
        text: A name as for `parse_repo`, followed by a colon and a tag, by an @ and a digest, or by a tag and then a digest. If
            the text has neither a tag nor a digest, the tag is `latest`.
        default_index: The registry to use if the text names no registry: a text for `parse_registry`, or a `Registry`; None for
            Docker Hub.

    Raises:
        InvalidReferenceError: The text is invalid; the message names the invalid part and what to write instead.

    Source: https://github.com/distribution/reference/blob/main/reference.go
    """
    _split_scheme(text)
    name, at, digest_text = text.partition("@")
    digest = None
    if at:
        if "/" in digest_text or "@" in digest_text:
            raise InvalidReferenceError(
                "the text after the @ in the reference is not a digest", hint="Pass a user name or password separately."
            )
        digest = Digest(digest_text)
    head, slash, last = name.rpartition("/")
    last, colon, tag_text = last.partition(":")
    tag = tag_text if colon else None if digest else DEFAULT_TAG
    if tag is not None:
        check_tag(tag)
    repo = _parse_repo(f"{head}{slash}{last}", default_index, is_whole=not at and not colon)
    return RepoRef(repo.index, repo.remote_name, tag=tag, digest=digest)


parse_repo_and_tag = parse_repo_and_ref
"""A second name of `parse_repo_and_ref` in the node client."""


def _split_scheme(text: str) -> tuple[Scheme | None, str]:
    if not isinstance(text, str):
        raise InvalidReferenceError(f"a reference must be a string, not {type(text).__name__}", hint="Pass a string.")
    scheme, separator, rest = text.partition("://")
    if not separator:
        return None, text
    if scheme not in ("http", "https"):
        raise InvalidReferenceError(
            f"scheme {quoted(scheme)} is neither http nor https", hint="Write http://, https:// or no scheme."
        )
    if "@" in rest.partition("/")[0]:
        raise InvalidReferenceError(
            "the host contains a user name or a password before an @", hint="Pass them as username and password instead."
        )
    return cast("Scheme", scheme), rest
