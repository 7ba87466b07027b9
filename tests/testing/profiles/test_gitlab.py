"""GitLab."""

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import codes, digest_of, image, push_image
from tests.testing.profiles.helpers import SCOPE, ask_for_token, post_for_token

PROFILE = "gitlab"


def test_token_path(registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
    """The token service is at /jwt/auth. (GitLab documentation, container registry)"""
    assert f'realm="{registry.url}/jwt/auth"' in anyone.get("/v2/").headers["www-authenticate"]


def test_unknown_scope_refused(registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """A token request is refused with 403 if one of its scopes is a path unknown to GitLab. (ggcr#220, kaniko#181)"""
    foreign = "repository:library/debian:pull"
    for answer in (ask_for_token(registry, SCOPE, foreign), post_for_token(registry, scope=f"{SCOPE} {foreign}")):
        assert (answer.status_code, codes(answer)) == (403, ["DENIED"])
    push_image(user, "repo", "tag")
    for scopes in ([SCOPE, "repository:repo/other:pull"], [SCOPE, "repository:repo:pull"], [foreign]):
        assert ask_for_token(registry, *scopes).status_code == 200


def test_tag_is_digest(user: httpx.Client) -> None:
    """The tag sha256-<hex> is resolved to the digest, so that the fallback tag for referrers leads to the subject
    itself. (oras-go#1396)
    """
    digest = push_image(user, "repo", "tag")
    fallback = digest.replace(":", "-")
    for method in ("GET", "HEAD"):
        answer = user.request(method, f"/v2/repo/manifests/{fallback}")
        assert (answer.status_code, answer.headers["docker-content-digest"]) == (200, digest)
    assert user.get(f"/v2/repo/manifests/sha256-{'0' * 64}").status_code == 404
    other = push_image(user, "repo", fallback, annotations={"a": "b"})
    assert user.get(f"/v2/repo/manifests/{fallback}").headers["docker-content-digest"] == other
    assert user.get(f"/v2/repo/manifests/{digest}").content == image()
    assert other != digest == digest_of(image())
