"""Artifactory."""

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import push_image
from tests.testing.profiles.helpers import ask_for_token, post_for_token

PROFILE = "artifactory"


def test_missing_manifest_forbidden(user: httpx.Client) -> None:
    """A HEAD of a manifest that is not there is answered with 403 instead of 404. (RTFACT-13797)"""
    push_image(user, "repo", "tag")
    assert user.head("/v2/repo/manifests/other").status_code == 403
    assert user.get("/v2/repo/manifests/other").status_code == 404
    assert user.head("/v2/repo/manifests/tag").status_code == 200


def test_no_post_for_tokens(registry: EmbeddedRegistry) -> None:
    """Tokens are given by GET only: a POST is answered with 401. (containerd, remotes/docker/auth)"""
    assert post_for_token(registry).status_code == 401
    assert ask_for_token(registry).status_code == 200
