"""The registry of IBM."""

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import push_image
from tests.testing.profiles.helpers import ask_for_token, bearer, token_in

PROFILE = "icr"


def test_delete_action(registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """To delete takes a token with the action delete; push does not do. (ggcr#2266)"""
    digest = push_image(user, "repo", "tag")
    pusher = bearer(token_in(ask_for_token(registry, "repository:repo:pull,push")))
    answer = user.delete(f"/v2/repo/manifests/{digest}", headers=pusher)
    assert answer.status_code == 401
    assert 'scope="repository:repo:delete"' in answer.headers["www-authenticate"]
    assert user.delete(f"/v2/repo/manifests/{digest}").status_code == 202
