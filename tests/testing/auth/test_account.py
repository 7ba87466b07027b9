"""The user account: user name, password and rights."""

from typing import Any

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.v2.access import Access


def test_random_user_name_and_password() -> None:
    first, second = EmbeddedRegistry(), EmbeddedRegistry(auth="token")
    assert first.username != second.username
    assert first.password != second.password
    assert len(second.password) >= 32


def test_chosen_user_name_and_password() -> None:
    registry = EmbeddedRegistry(auth="basic", username="ann", password="open: sesame é")
    assert (registry.username, registry.password) == ("ann", "open: sesame é")


@pytest.mark.parametrize(
    "arguments",
    [{"username": ""}, {"username": "a:b"}, {"username": "a\n"}, {"password": ""}, {"password": "a\0"}, {"auth": "digest"}],
)
def test_invalid_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"user name|password|auth") as caught:
        EmbeddedRegistry(**arguments)
    assert "a:b" not in str(caught.value)


def test_matches() -> None:
    account = Account("ann", "secret", anonymous_pull=True)
    assert account.matches("ann", "secret")
    for wrong in [("ann", ""), ("ann", "Secret"), ("Ann", "secret"), ("", ""), ("ann", "secret\udcff")]:
        assert not account.matches(*wrong)
    assert "secret" not in repr(account)


def test_rights() -> None:
    everything = [Access("repository", "a", action) for action in ("pull", "push", "delete")]
    everything += [Access("registry", "catalog", "*"), Access("repository", "a", "admin"), Access("plugin", "a", "pull")]

    def rights(anonymous_pull: bool, authenticated: bool) -> list[bool]:
        grant = Account("a", "b", anonymous_pull=anonymous_pull).rights(authenticated=authenticated)
        return [access in grant for access in everything]

    assert rights(True, True) == rights(False, True) == [True, True, True, True, False, False]
    assert rights(True, False) == [True, False, False, False, False, False]
    assert rights(False, False) == [False] * 6
