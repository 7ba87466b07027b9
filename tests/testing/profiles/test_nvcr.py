"""The registry of NVIDIA."""

import httpx
import pytest

PROFILE = "nvcr"


@pytest.mark.parametrize("path", ["/v2/", "/v2/repo/tags/list"])
def test_no_service(anyone: httpx.Client, path: str) -> None:
    """A challenge names no service. (dxf#57)"""
    challenge = anyone.get(path).headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="')
    assert "service" not in challenge
