"""References: what `docker pull` takes, and the registry, the repository, the tag and the digest that it means.

    ref = parse_repo_and_ref("alpine:3.20")
    ref.index.name, ref.remote_name, ref.tag    # ('docker.io', 'library/alpine', '3.20')

The grammar is that of https://github.com/distribution/reference, and beyond it a scheme may stand in front, as in
`http://localhost:5000/alpine`. Every value here is checked when it is made, by the functions or by hand.
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

# The name that Docker Hub had as "the Docker index". Its URL still keys credentials.
_FORMER_INDEX_NAME: Final = "index.docker.io"
_FORMER_INDEX_URL: Final = "https://index.docker.io/v1/"
_LIBRARY: Final = "library/"


def _index_name(name: str) -> str:
    check_index_name(name)
    return DEFAULT_INDEX_NAME if name.lower() in (DEFAULT_INDEX_NAME, _FORMER_INDEX_NAME) else name


def _is_official(index: Index) -> bool:
    return index.name == DEFAULT_INDEX_NAME


@frozen
class Index:
    """A registry, as names of repositories name it.

    Attributes:
        name: Its host, with a colon and a port where there is one, such as `docker.io`, `localhost:5000`, `[::1]:5000`.
        official: Whether it is Docker Hub.
        scheme: `http` or `https` when it was given, else None.

    Raises:
        InvalidReferenceError: The name or the scheme is none, or the scheme of Docker Hub is `http`.
    """

    name: str = field(converter=_index_name)
    official: bool = field(init=False, default=Factory(_is_official, takes_self=True))
    scheme: Scheme | None = None

    def __attrs_post_init__(self) -> None:
        if self.scheme not in (None, "http", "https"):
            raise InvalidReferenceError(f"the scheme of index {self.name!r} is neither http nor https; write one of these")
        if self.official and self.scheme == "http":
            raise InvalidReferenceError(f"index {self.name!r} is not to be had over http; write https:// or no scheme")

    def __str__(self) -> str:
        return self.name if self.scheme is None else f"{self.scheme}://{self.name}"


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
    """A repository of a registry.

    Attributes:
        index: The registry.
        remote_name: The name that requests to the registry hold, such as `library/alpine`.
        official: Whether it is one of Docker Hub's official images.
        local_name: The name that people write, such as `alpine` or `quay.io/coreos/etcd`.
        canonical_name: The name with its registry, such as `docker.io/alpine`: whatever the default, it means the same.

    Raises:
        InvalidReferenceError: The remote name is none.
    """

    index: Index
    remote_name: str = field(converter=_remote_name)
    official: bool = field(init=False, default=Factory(_is_official_repo, takes_self=True))
    local_name: str = field(init=False, default=Factory(_local_name, takes_self=True))
    canonical_name: str = field(init=False, default=Factory(_canonical_name, takes_self=True))

    def __attrs_post_init__(self) -> None:
        if self.index.official and "/" not in self.remote_name:
            raise InvalidReferenceError(f"name {quoted(self.remote_name)} on {self.index.name}: write library/ before it")

    def __str__(self) -> str:
        return self.canonical_name if self.index.scheme is None else f"{self.index.scheme}://{self.canonical_name}"


@frozen
class RepoRef(Repo):
    """A repository, and a tag or a digest or both.

    Attributes:
        tag: The tag, or None when only a digest was given.
        digest: The digest, or None. Where there is a tag too, the digest decides.

    Raises:
        InvalidReferenceError: The tag or the digest is none, or both are missing.
    """

    tag: str | None = field(default=None, kw_only=True)
    digest: Digest | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.tag is not None:
            check_tag(self.tag)
        if self.digest is not None and not isinstance(self.digest, Digest):
            Digest(self.digest)  # names what is wrong, if anything is
            raise InvalidReferenceError("digest should be a Digest; make one with Digest(text)")
        if self.tag is None and self.digest is None:
            raise InvalidReferenceError("a reference needs a tag or a digest")

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        return f"{super().__str__()}{tag}" if self.digest is None else f"{super().__str__()}{tag}@{self.digest}"


def parse_index(text: str | None = None) -> Index:
    """Return the registry that a text names.

    Args:
        text: A host with or without scheme, port and one slash at the end; Docker Hub when it is None, empty or
            `https://index.docker.io/v1/`. A host without a dot and without a port is none, `localhost` and hosts with a
            capital letter aside.

    Raises:
        InvalidReferenceError: It names none; the message tells the part that is wrong and what to write instead.

    Source: https://github.com/distribution/reference/blob/main/normalize.go
    """
    if text is None or text == "" or text == _FORMER_INDEX_URL:
        return Index(DEFAULT_INDEX_NAME)
    scheme, rest = _split_scheme(text)
    host = rest.removesuffix("/")
    if "/" in host:
        raise InvalidReferenceError(f"index {shown(text)} goes on after the host; write only the host, and the port if any")
    return Index(host, scheme=scheme)


def parse_repo(text: str, default_index: str | Index | None = None) -> Repo:
    """Return the repository that a text names.

    Args:
        text: A name such as `alpine`, `quay.io/coreos/etcd` or `http://localhost:5000/alpine`, without tag and digest.
        default_index: The registry of a name that tells none: a text for `parse_index`, or what that returned.

    Raises:
        InvalidReferenceError: It names none; the message tells the part that is wrong and what to write instead.

    Source: https://github.com/distribution/reference/blob/main/normalize.go
    """
    scheme, rest = _split_scheme(text)
    host, slash, name = rest.partition("/")
    if scheme is not None:
        if not slash:
            raise InvalidReferenceError(f"reference {shown(text)} ends after the host; write a slash and the repository's name")
        index = parse_index(f"{scheme}://{host}")
    elif slash and is_host(host):
        index = Index(host)
    else:
        index, name = default_index if isinstance(default_index, Index) else parse_index(default_index), rest
        if IMAGE_ID.fullmatch(name):
            raise InvalidReferenceError(
                f"name: 64 hexadecimal digits are an image id; to name a repository write {index.name}/ first"
            )
    if "@" in name:
        raise InvalidReferenceError("name holds an @; parse_repo_and_ref takes names with a digest")
    if ":" in name:
        raise InvalidReferenceError(f"name {shown(name)} holds a colon; parse_repo_and_ref takes names with a tag")
    check_remote_name(name)
    return Repo(index, f"{_LIBRARY}{name}" if index.official and "/" not in name else name)


def parse_repo_and_ref(text: str, default_index: str | Index | None = None) -> RepoRef:
    """Return the repository, the tag and the digest that a text names.

    Args:
        text: What `parse_repo` takes, then a colon and a tag, or an @ and a digest, or both in this order. With neither,
            the tag is `latest`.
        default_index: The registry of a name that tells none: a text for `parse_index`, or what that returned.

    Raises:
        InvalidReferenceError: It names none; the message tells the part that is wrong and what to write instead.

    Source: https://github.com/distribution/reference/blob/main/reference.go
    """
    _split_scheme(text)
    name, at, digest_text = text.partition("@")
    digest = None
    if at:
        if "/" in digest_text or "@" in digest_text:
            raise InvalidReferenceError("what follows the @ is no digest; write one there, and no user name and password")
        digest = Digest(digest_text)
    head, slash, last = name.rpartition("/")
    last, colon, tag_text = last.partition(":")
    tag = tag_text if colon else None if digest else DEFAULT_TAG
    if tag is not None:
        check_tag(tag)
    repo = parse_repo(f"{head}{slash}{last}", default_index)
    return RepoRef(repo.index, repo.remote_name, tag=tag, digest=digest)


parse_repo_and_tag = parse_repo_and_ref


def _split_scheme(text: str) -> tuple[Scheme | None, str]:
    if not isinstance(text, str):
        raise InvalidReferenceError(f"a reference should be text, not {type(text).__name__}")
    scheme, separator, rest = text.partition("://")
    if not separator:
        return None, text
    if scheme not in ("http", "https"):
        raise InvalidReferenceError(f"scheme {quoted(scheme)} is neither http nor https; write one of these, or none")
    if "@" in rest.partition("/")[0]:
        raise InvalidReferenceError("the host holds an @; give a user name and password apart from the reference")
    return cast("Scheme", scheme), rest
