"""Amazon Elastic Container Registry, the public one."""

import httpx

from tests.testing.helpers import codes, next_page, push_image

PROFILE = "ecr-public"


def test_strict_cursor(user: httpx.Client) -> None:
    """The cursor in last is opaque; one that a client made itself is answered with 405. (drydock#927)"""
    for tag in "abc":
        push_image(user, "repo", tag)
    first = user.get("/v2/repo/tags/list", params={"n": 2})
    answer = user.get("/v2/repo/tags/list", params={"n": 2, "last": "b"})
    assert (answer.status_code, codes(answer)) == (405, ["UNSUPPORTED"])
    assert user.get(next_page(first) or "").json()["tags"] == ["c"]
