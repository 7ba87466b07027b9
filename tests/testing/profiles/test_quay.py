"""Quay."""

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import codes, next_page, push_blob, push_image
from tests.testing.profiles.helpers import SCOPE, ask_for_token, bearer, token_in

PROFILE = "quay"


def test_mount_without_from_unauthorized(user: httpx.Client) -> None:
    """A mount that does not say from where is answered with 401, whatever token comes with it. (ggcr, pkg/v1/remote)"""
    digest = push_blob(user, "repo", b"content")
    answer = user.post("/v2/repo/blobs/uploads/", params={"mount": digest})
    assert (answer.status_code, codes(answer)) == (401, ["UNAUTHORIZED"])
    assert user.post("/v2/repo/blobs/uploads/", params={"mount": digest, "from": "repo"}).status_code == 201


def test_next_page(registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """The link to a next page is relative, and has an opaque next_page instead of last. (regclient#272, ggcr#794)"""
    for tag in "abc":
        push_image(user, "repo", tag)
    user.headers.update(bearer(token_in(ask_for_token(registry, SCOPE, "registry:catalog:*"))))
    for path, field, values in [("/v2/repo/tags/list", "tags", ["a", "b", "c"]), ("/v2/_catalog", "repositories", ["repo"])]:
        url: str | None = f"{path}?n=1"
        found: list[str] = []
        while url is not None:
            answer = user.get(url)
            found += answer.json()[field]
            url = next_page(answer)
            if url is not None:
                assert url.startswith(f"{path}?n=1&next_page=")
                assert "last" not in url
        assert found == values


def test_page_limit(user: httpx.Client) -> None:
    """An n of more than 100 is an error: 413. (ggcr#1963)"""
    push_image(user, "repo", "tag")
    answer = user.get("/v2/repo/tags/list", params={"n": 101})
    assert (answer.status_code, codes(answer)) == (413, ["TOO_MANY_TAGS_REQUESTED"])
    assert user.get("/v2/repo/tags/list", params={"n": 100}).status_code == 200
