"""The forms of the argument `credentials`."""

from __future__ import annotations

from typing import Any

import pytest

from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.credentials.given import MappedCredentials, check_credentials, provider_for

ADA = Credential("ada", "S3CR3T")


@pytest.mark.parametrize("given", [ADA, ("ada", "S3CR3T")])
def test_a_credential_and_a_pair_are_for_one_registry(given: Any) -> None:
    checked = check_credentials(given)
    assert checked == ADA
    provider = provider_for(checked, "a.example")
    assert isinstance(provider, ExplicitCredentials)
    assert provider.get_credential("a.example") == ADA
    assert provider.get_credential("b.example") is None


def test_username_and_password_are_one_credential() -> None:
    assert check_credentials(None, "ada", "S3CR3T") == ADA


def test_a_mapping_has_one_credential_for_each_registry() -> None:
    checked = check_credentials({"a.example:5000": ("ada", "S3CR3T"), "http://b.example": ADA, "index.docker.io": ("hub", "x")})
    assert isinstance(checked, MappedCredentials)
    assert checked.get_credential("a.example:5000") == ADA
    assert checked.get_credential("B.example", "team/app") == ADA
    assert checked.get_credential("docker.io") == Credential("hub", "x")
    assert checked.get_credential("c.example") is None
    assert "S3CR3T" not in repr(checked)


def test_a_provider_stays_as_it_is() -> None:
    provider = ExplicitCredentials(ADA)
    assert check_credentials(provider) is provider
    assert provider_for(provider, "a.example") is provider
    assert check_credentials(None) is None
    assert provider_for(None, "a.example") is None


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ("S3CR3T", TypeError, "an object of the type str"),
        (("ada", "S3CR3T", "x"), TypeError, "a tuple of 3 items"),
        (["ada", "S3CR3T"], TypeError, "an object of the type list"),
        (ExplicitCredentials, TypeError, "an object of the type type"),
        ({"a.example": "S3CR3T"}, TypeError, "for a.example"),
        ({5: ADA}, TypeError, "the name of a registry"),
        ({"username": "ada", "password": "S3CR3T"}, TypeError, "as a pair"),
        ({"a.example/team": ADA}, ValueError, "is not the name of a registry"),
        (("ada", "S3CR3T\n"), ValueError, "control character"),
        (("ada", None), ValueError, "exactly one of"),
        ((5, "S3CR3T"), ValueError, "username must be a string"),
    ],
)
def test_other_values_are_refused_without_a_secret_in_the_message(given: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        check_credentials(given)
    assert "S3CR3T" not in str(caught.value)
