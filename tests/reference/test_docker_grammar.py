"""References in the forms that users write, with what the Go package github.com/distribution/reference v0.6.0 makes of each."""

from __future__ import annotations

import pytest

from docker_registry_sdk import parse_repo_and_ref
from docker_registry_sdk.errors import InvalidReferenceError

HEX = "ab" * 32
ACCEPTED = [
    ("alpine", "docker.io", "library/alpine", "latest", None),
    ("docker.io/alpine", "docker.io", "library/alpine", "latest", None),
    ("index.docker.io/alpine", "docker.io", "library/alpine", "latest", None),
    ("registry-1.docker.io/library/alpine", "registry-1.docker.io", "library/alpine", "latest", None),
    ("registry.hub.docker.com/library/alpine", "registry.hub.docker.com", "library/alpine", "latest", None),
    ("localhost/foo", "localhost", "foo", "latest", None),
    ("localhost:5000/foo", "localhost:5000", "foo", "latest", None),
    ("LOCALHOST/foo", "LOCALHOST", "foo", "latest", None),
    ("127.0.0.1/foo", "127.0.0.1", "foo", "latest", None),
    ("[::1]:5000/foo", "[::1]:5000", "foo", "latest", None),
    ("[::1]/foo", "[::1]", "foo", "latest", None),
    ("Registry.Example.com/foo", "Registry.Example.com", "foo", "latest", None),
    ("registry.example.com:443/foo", "registry.example.com:443", "foo", "latest", None),
    ("foo:5000/bar", "foo:5000", "bar", "latest", None),
    ("foo/bar", "docker.io", "foo/bar", "latest", None),
    ("foo.bar/baz", "foo.bar", "baz", "latest", None),
    ("FOO/bar", "FOO", "bar", "latest", None),
    ("r.example.com", "docker.io", "library/r.example.com", "latest", None),
    ("r.example.com:5000", "docker.io", "library/r.example.com", "5000", None),
    ("r.example.com/a:tag@sha256:" + HEX, "r.example.com", "a", "tag", "sha256:" + HEX),
    ("hub.docker.com/r/x/y", "hub.docker.com", "r/x/y", "latest", None),
    ("containers-storage:x", "docker.io", "library/containers-storage", "x", None),
    ("r.example.com/" + "a" * 64, "r.example.com", "a" * 64, "latest", None),
    ("r.example.com/a__b", "r.example.com", "a__b", "latest", None),
    ("r.example.com/a--b", "r.example.com", "a--b", "latest", None),
    ("xn--n3h.example/a", "xn--n3h.example", "a", "latest", None),
    ("r.example.com/a@sha512:" + HEX * 2, "r.example.com", "a", None, "sha512:" + HEX * 2),
    ("10.0.0.1:5000/a/b/c/d:1", "10.0.0.1:5000", "a/b/c/d", "1", None),
    ("123456789012.dkr.ecr.us-east-1.amazonaws.com/a", "123456789012.dkr.ecr.us-east-1.amazonaws.com", "a", "latest", None),
    ("us-docker.pkg.dev/p/r/i", "us-docker.pkg.dev", "p/r/i", "latest", None),
    ("gcr.io/example.com/proj/img", "gcr.io", "example.com/proj/img", "latest", None),
    ("host.docker.internal:5000/a", "host.docker.internal:5000", "a", "latest", None),
    ("sha256:" + HEX, "docker.io", "library/sha256", HEX, None),
    (HEX + ":tag", "docker.io", "library/" + HEX, "tag", None),
    (HEX + "@sha256:" + HEX, "docker.io", "library/" + HEX, None, "sha256:" + HEX),
    (HEX + ":t@sha256:" + HEX, "docker.io", "library/" + HEX, "t", "sha256:" + HEX),
    # Deviations: hosts do not depend on case, and a document may hold a digest of any algorithm.
    ("DOCKER.IO/alpine", "docker.io", "library/alpine", "latest", None),
    ("Docker.io/library/alpine", "docker.io", "library/alpine", "latest", None),
    ("r.example.com/a@md5:" + HEX[:32], "r.example.com", "a", None, "md5:" + HEX[:32]),
    # Deviation: the scheme of the registry may stand before its host.
    ("https://r.example.com/a:1", "r.example.com", "a", "1", None),
    ("https://r.example.com/v2/a", "r.example.com", "v2/a", "latest", None),
    ("https://hub.docker.com/r/library/alpine", "hub.docker.com", "r/library/alpine", "latest", None),
]
REFUSED = [
    "[fe80::1%eth0]:5000/foo",
    "registry.example.com./foo",
    "reg_istry:5000/foo",
    "my_registry.example.com/foo",
    "r.example.com/Foo/bar",
    "r.example.com/a//b",
    "r.example.com/a/",
    "r.example.com/a@sha256:" + HEX.upper(),
    "r.example.com/a@sha256:" + HEX[:62],
    "docker-daemon:alpine:latest",
    "oci:dir:tag",
    "user:pw@r.example.com/a",
    "r.example.com/a:1.0+build",
    "r.example.com/a:" + "t" * 129,
    "r.example.com/a:-x",
    "r.example.com/a b",
    " r.example.com/a",
    "r.example.com/a\n",
    "r.example.com/a:latest ",
    "a" * 64,
    "r.example.com/a___b",
    "r.example.com/a..b",
    "r.example.com/-a",
    "r.example.com/_/a",
    "☃.example/a",
    "r.example.com:/a",
    "ghcr.io/Owner/name",
    "r.example.com/a:1@sha256:" + HEX + ":x",
    "docker://alpine",
    "docker://r.example.com/a:1",
    "oci://r.example.com/charts/x:1",
    "https://hub.docker.com/_/alpine",
    # Deviation: Docker accepts these, but no connection to such a host is possible, or programs read the host differently.
    "r.example.com:99999/a",
    "r.example.com:0/a",
    "127.1/a",
    "a" * 64 + ".example.com/a",
]


@pytest.mark.parametrize(("text", "registry", "name", "tag", "digest"), ACCEPTED)
def test_docker_accepts(text: str, registry: str, name: str, tag: str | None, digest: str | None) -> None:
    ref = parse_repo_and_ref(text)
    assert (ref.index.name, ref.remote_name, ref.tag, ref.digest) == (registry, name, tag, digest)


@pytest.mark.parametrize("text", REFUSED)
def test_docker_refuses(text: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_repo_and_ref(text)
    assert caught.value.problem
    assert caught.value.hint
