"""References: the grammar of distribution/reference, error messages, and constructors."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs
import pytest

from docker_registry_sdk.digest import Digest
from docker_registry_sdk.errors import InvalidDigestError, InvalidReferenceError
from docker_registry_sdk.reference import (
    DEFAULT_INDEX_NAME,
    Index,
    Repo,
    RepoRef,
    parse_index,
    parse_repo,
    parse_repo_and_ref,
)

HEX = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a"
DIGEST = f"sha256:{HEX}"


@pytest.mark.parametrize(
    ("text", "index", "remote", "tag", "digest"),
    [
        ("a", "docker.io", "library/a", "latest", None),
        ("busybox:1.0@" + DIGEST, "docker.io", "library/busybox", "1.0", DIGEST),
        ("busybox@" + DIGEST, "docker.io", "library/busybox", None, DIGEST),
        ("quay.io/x/y", "quay.io", "x/y", "latest", None),
        ("jess/t", "docker.io", "jess/t", "latest", None),
        ("a/b/c/d:e", "docker.io", "a/b/c/d", "e", None),
        ("docker---rules/docker", "docker.io", "docker---rules/docker", "latest", None),
        ("dock__er/docker", "docker.io", "dock__er/docker", "latest", None),
        ("test_com/a", "docker.io", "test_com/a", "latest", None),
        ("192.168.0.1:80", "docker.io", "library/192.168.0.1", "80", None),
        ("test.com:5000", "docker.io", "library/test.com", "5000", None),
        ("192.168.0.1:8/debian:5050", "192.168.0.1:8", "debian", "5050", None),
        ("localhost/debian", "localhost", "debian", "latest", None),
        ("localhost/library/debian", "localhost", "library/debian", "latest", None),
        ("test:5000/repo:tag@" + DIGEST, "test:5000", "repo", "tag", DIGEST),
        ("[fc00::1]:5000/docker/docker", "[fc00::1]:5000", "docker/docker", "latest", None),
        ("[2001:db8::]/repo:tag", "[2001:db8::]", "repo", "tag", None),
        ("[::1]:5000/repo@" + DIGEST, "[::1]:5000", "repo", None, DIGEST),
        ("http://[::1]:5000/repo", "[::1]:5000", "repo", "latest", None),
        ("LOCALDOMAIN/debian", "LOCALDOMAIN", "debian", "latest", None),
        ("Quay.io/debian", "Quay.io", "debian", "latest", None),
        ("Docker.IO/debian", "docker.io", "library/debian", "latest", None),
        ("index.docker.io/debian", "docker.io", "library/debian", "latest", None),
        ("docker.io/" + HEX, "docker.io", f"library/{HEX}", "latest", None),
        (HEX + ":tag", "docker.io", f"library/{HEX}", "tag", None),
        (HEX + "@" + DIGEST, "docker.io", f"library/{HEX}", None, DIGEST),
        (HEX + ":tag@" + DIGEST, "docker.io", f"library/{HEX}", "tag", DIGEST),
        (DIGEST, "docker.io", "library/sha256", HEX, None),
        ("quay.io/" + HEX, "quay.io", HEX, "latest", None),
        (HEX[:-1], "docker.io", f"library/{HEX[:-1]}", "latest", None),
        ("b.gcr.io/test.example.com/my-app:test.example.com", "b.gcr.io", "test.example.com/my-app", "test.example.com", None),
        ("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com", None),
        ("example.com/" + "a" * 255, "example.com", "a" * 255, "latest", None),
        ("a:" + "T" * 128, "docker.io", "library/a", "T" * 128, None),
        ("a:_", "docker.io", "library/a", "_", None),
    ],
)
def test_references_of_distribution_are_parsed(text: str, index: str, remote: str, tag: str | None, digest: str | None) -> None:
    ref = parse_repo_and_ref(text)
    assert (ref.index.name, ref.remote_name, ref.tag, ref.digest) == (index, remote, tag, digest)
    assert parse_repo_and_ref(str(ref)) == ref
    assert digest is None or type(ref.digest) is Digest


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "name '' is empty"),
        (":justtag", "name '' is empty"),
        ("@" + DIGEST, "name '' is empty"),
        ("foo/", "empty part"),
        ("/foo", "empty part"),
        ("foo//bar", "empty part"),
        ("quay.io/", "name '' is empty"),
        ("https://quay.io", "ends after the host"),
        ("https://quay.io/", "name '' is empty"),
        ("Uppercase:tag", "'Uppercase' is invalid. Write the part in lower case"),
        ("docker.io/docker/Docker", "'Docker' is invalid. Write the part in lower case"),
        (".foo", "'.foo' is invalid"),
        ("-foo-", "'-foo-' is invalid"),
        ("foo..bar", "'foo..bar' is invalid"),
        ("my___repo", "'my___repo' is invalid"),
        ("docker/dock_.er", "'dock_.er' is invalid"),
        ("ns-/foo", "'ns-' is invalid"),
        ("foo bar", "'foo bar' is invalid"),
        ("foo\n", "'foo\\\\n' is invalid"),
        ("café", "'caf\\\\xe9' is invalid"),
        ("foo/../bar", "'..' is invalid"),
        ("foo%2fbar", "invalid"),
        ("foo?bar", "invalid"),
        (HEX, "64 hexadecimal digits"),
        ("example.com/" + "a" * 256, "256 characters; the limit is 255"),
        ("a" * 250, "258 characters; the limit is 255"),
        ("foo:", "tag '' is invalid"),
        ("foo:-a", "tag '-a' is invalid"),
        ("foo:.a", "tag '.a' is invalid"),
        ("foo:a:b", "tag 'a:b' is invalid"),
        ("foo:" + "a" * 129, "tag 'aaa"),
        ("foo:tag\n", "tag 'tag\\\\n' is invalid"),
        ("foo:\u0661", "tag '\\\\u0661' is invalid"),
        ("foo@", "digest '' has no colon"),
        ("foo@sha256:abc", "64 hexadecimal digits after sha256:, not 3"),
        ("foo@MD5:" + "a" * 32, "'MD5' is malformed"),
        ("foo@sha256:" + HEX.upper(), "lower case"),
        ("foo@" + DIGEST + ":tag", "not 68"),
        ("foo@" + DIGEST + "@" + DIGEST, "the text after the @ in the reference is not a digest"),
        ("ftp://quay.io/foo", "scheme 'ftp' is neither"),
        ("HTTPS://quay.io/foo", "scheme 'HTTPS' is neither"),
        ("://quay.io/foo", "scheme '' is neither"),
        ("https:///foo", "host '': it is empty"),
        ("https://foo/bar", "host 'foo' has neither a dot nor a port. Add a domain or a port, as in foo:5000"),
        ("http://docker.io/foo", "not available over http"),
        ("http://index.docker.io/foo", "not available over http"),
        ("http://DOCKER.io/foo", "not available over http"),
        ("quay.io:/foo", "the port is not a number"),
        ("quay.io:0/foo", "the port is not a number"),
        ("quay.io:65536/foo", "the port is not a number"),
        ("quay.io:5e3/foo", "the port is not a number"),
        ("-docker.io/docker", "host '-docker.io'"),
        ("my_host.io/docker", "only letters, digits and hyphens"),
        ("quay..io/foo", "host 'quay..io'"),
        ("quay.io./foo", "host 'quay.io.'"),
        ("bücher.example/foo", "xn--"),
        ("fc00::1:5000/debian", "in brackets"),
        ("[fe80::1%eth0]:5000/debian", "between the brackets"),
        ("[2001:db8:3:4::192.0.2.33]:5000/debian", "between the brackets"),
        ("[::1/foo", "port|bracket"),
        ("[:::]:5000/foo", "not an IPv6 address"),
        ("[12345::]:5000/foo", "not an IPv6 address"),
        ("1.2.3/foo", "ends in a number"),
        ("0x7f.1/foo", "ends in a number"),
        ("1.2.3.256:5000/foo", "ends in a number"),
        (f"{'a' * 64}.io/foo", "too long; the limits are 253"),
    ],
)
def test_error_names_the_invalid_part(text: str, part: str) -> None:
    with pytest.raises(InvalidReferenceError, match=part) as caught:
        parse_repo_and_ref(text)
    assert str(caught.value).isprintable()
    assert isinstance(caught.value, ValueError)


def test_invalid_digest_has_its_own_exception() -> None:
    with pytest.raises(InvalidDigestError):
        parse_repo_and_ref("foo@sha256:abc")


@pytest.mark.parametrize(
    "text",
    ["user:secret@quay.io/foo", "https://user:secret@quay.io/foo", "user:se@secret@quay.io/foo", "user:secret@quay.io:5000/foo"],
)
def test_password_in_a_reference_is_rejected_and_not_shown(text: str) -> None:
    for parse in (parse_repo_and_ref, parse_repo, parse_index):
        with pytest.raises(InvalidReferenceError) as caught:
            parse(text)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["alpine:latest", "quay.io/foo:1"])
def test_parse_repo_names_the_function_for_tags_and_digests(text: str) -> None:
    with pytest.raises(InvalidReferenceError, match="Leave out the tag; parse_repo_and_ref"):
        parse_repo(text)
    with pytest.raises(InvalidReferenceError, match="Leave out the digest; parse_repo_and_ref"):
        parse_repo(f"{text}@{DIGEST}")


@pytest.mark.parametrize("text", [None, "", "docker.io", "docker.io/", "Index.Docker.io", "https://index.docker.io/v1/"])
def test_names_of_docker_hub(text: str | None) -> None:
    assert parse_index(text) == Index(DEFAULT_INDEX_NAME)
    assert parse_index(text).official


@pytest.mark.parametrize("text", ["localhost", "localhost/", "LOCALDOMAIN", "[::1]:5000/", "https://[::1]", "1.2.3.4"])
def test_indexes_that_the_node_client_rejects(text: str) -> None:
    assert str(parse_index(text)) == text.removesuffix("/")


@pytest.mark.parametrize(
    "text",
    [
        "foo",
        "foo\n",
        "http://",
        "quay.io//",
        "quay.io/v2/",
        "quay.io?x",
        "quay.io#x",
        "a b.io",
        "ftp://quay.io",
        "https://index.docker.io/v1/x",
    ],
)
def test_invalid_index(text: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_index(text)
    assert str(caught.value).isprintable()


def test_default_index_is_for_names_without_one() -> None:
    index = parse_index("http://localhost:5000")
    assert parse_repo("a/b", index).index is index
    assert parse_repo("alpine", "localhost:5000").remote_name == "alpine"
    assert parse_repo("quay.io/a", index).index.name == "quay.io"
    assert parse_repo("docker.io/a", index).remote_name == "library/a"
    assert str(parse_repo_and_ref("alpine", index)) == "http://localhost:5000/alpine:latest"


@pytest.mark.parametrize("thing", [5, b"alpine", None, ["alpine"]])
def test_other_types_than_str_are_rejected(thing: Any) -> None:
    for parse in (parse_repo, parse_repo_and_ref):
        with pytest.raises(InvalidReferenceError, match="must be a string"):
            parse(thing)
    for make in (lambda: Index(thing), lambda: Repo(Index("quay.io"), thing)):
        with pytest.raises(InvalidReferenceError, match="must be a string"):
            make()


def test_constructors_check_their_arguments() -> None:
    quay, hub = Index("quay.io"), Index("index.docker.io")
    assert hub == Index("docker.io")
    assert RepoRef(quay, "a/b", tag="c").local_name == "quay.io/a/b"
    wrong: list[Any] = [
        lambda: Index("quay.io/x"),
        lambda: Index("foo"),
        lambda: Index("quay.io", scheme="ftp"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        lambda: Index("docker.io", scheme="http"),
        lambda: Repo(quay, "A"),
        lambda: Repo(quay, "a:b"),
        lambda: Repo(hub, "alpine"),
        lambda: RepoRef(hub, "alpine", tag="3.20"),
        lambda: RepoRef(quay, "a"),
        lambda: RepoRef(quay, "a", tag="a b"),
        lambda: RepoRef(quay, "a", tag=5),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        lambda: RepoRef(quay, "a", digest=DIGEST),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ]
    for make in wrong:
        with pytest.raises(InvalidReferenceError):
            make()
    with pytest.raises(InvalidDigestError):
        RepoRef(quay, "a", digest="sha256:a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_values_are_frozen_and_derived_attributes_follow() -> None:
    ref = parse_repo_and_ref("alpine")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ref.tag = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    moved = attrs.evolve(ref, index=Index("quay.io"), tag="1")
    assert (moved.official, moved.local_name, str(moved)) == (False, "quay.io/library/alpine", "quay.io/library/alpine:1")
    for twin in (pickle.loads(pickle.dumps(ref)), copy.deepcopy(ref)):
        assert twin == ref
        assert hash(twin) == hash(ref)


def test_official_image_has_one_component_below_library() -> None:
    assert parse_repo("library/mongo").official
    nested = parse_repo("library/distros/mongo")
    assert not nested.official
    assert nested.canonical_name == "docker.io/library/distros/mongo"
