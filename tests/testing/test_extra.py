"""The error if the extra `testing` is not installed."""

import sys
from typing import Any

import pytest

from docker_registry_sdk import testing
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.extra import needs_extra


@pytest.mark.parametrize(
    ("arguments", "package", "importer"),
    [({"tls": True}, "trustme", "tls"), ({"auth": "token"}, "joserfc", "auth.tokens")],
)
def test_arguments_that_require_a_package(
    monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], package: str, importer: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("token_service", "tokens"):
        monkeypatch.delitem(sys.modules, f"docker_registry_sdk.testing.auth.{name}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"pip install docker-registry-sdk\[testing\] \({package} is not installed"):
        EmbeddedRegistry(**arguments)
    EmbeddedRegistry(auth="basic")


def test_name_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(testing.__dict__, "RequestLog", raising=False)
    monkeypatch.delitem(sys.modules, "docker_registry_sdk.testing.request_log")
    for name in [name for name in sys.modules if name.startswith("starlette")]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install docker-registry-sdk\[testing\]"):
        testing.RequestLog  # noqa: B018


def test_other_failed_imports() -> None:
    with pytest.raises(ModuleNotFoundError, match="nonsense"), needs_extra():
        import nonsense  # type: ignore[import-not-found]  # noqa: F401  # pyright: ignore
