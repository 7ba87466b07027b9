"""URLs of proxies, whose passwords no exception shows."""

from __future__ import annotations

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk.errors import InvalidReferenceError
from tests.hostile.conftest import SECRET
from tests.support.secret_search import find_in_exception

BAD = [
    f"alice:{SECRET}@proxy.example:3128",
    f"http://alice:{SECRET}/x@proxy.example:3128",
    f"http://alice:x/{SECRET}@proxy.example:3128",
    f"http://alice:x?{SECRET}@proxy.example:3128",
    f"http://alice:x#{SECRET}@proxy.example:3128",
    f"http://alice:x[{SECRET}]@proxy.example:3128",
    f"http://alice:{SECRET}@proxy.example:port",
    f"http://alice:{SECRET}@proxy.example:99999",
    f"http://alice:{SECRET}@:3128",
    f"http://alice:{SECRET}@",
    f"http://alice:{SECRET}@proxy.example:3128/path",
    f"http://alice:{SECRET} @proxy.example:3128",
    f"http://alice:{SECRET}\\@proxy.example:3128",
    f"http:\\\\alice:{SECRET}@proxy.example",
    f"http:/alice:{SECRET}@proxy.example",
    f"http://alice:{SECRET}\u00e9@proxy.example:3128",
    f"ftp://alice:{SECRET}@proxy.example",
    f"//alice:{SECRET}@proxy.example",
    f"{SECRET}",
]


@pytest.mark.parametrize("url", BAD)
@pytest.mark.parametrize("kind", [RegistryClientV2, AsyncRegistryClientV2])
def test_a_bad_proxy_is_refused_without_its_password(kind: type, url: str) -> None:
    with pytest.raises(InvalidReferenceError, match="the option proxy contains an invalid URL of a proxy") as caught:
        kind("localhost:5000/a", proxy=url)
    secrets = () if url == SECRET else (SECRET,)
    assert find_in_exception(caught.value, secrets, variables=False) == []  # the constructor has the URL as its argument


@pytest.mark.parametrize("url", [url for url in BAD if "://" in url])
def test_a_bad_proxy_in_the_environment_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", url)
    wanted = pytest.raises(InvalidReferenceError, match="the environment variable HTTP_PROXY contains")
    with RegistryClientV2("localhost:5000/a") as client, wanted as caught:
        client.list_tags()
    assert find_in_exception(caught.value, (SECRET,), variables=False) == []


@pytest.mark.parametrize("url", ["http://proxy.example:3128", "HTTP://alice:p%2Fw@10.0.0.1:3128/", "https://[::1]:8080"])
def test_a_good_proxy_is_accepted(url: str) -> None:
    RegistryClientV2("localhost:5000/a", proxy=url).close()
