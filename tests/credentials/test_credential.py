"""Credential and ExplicitCredentials: valid and invalid values, and no secret in any text."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from docker_registry_sdk.credentials import (
    AsyncConfigFileCredentials,
    AsyncCredentialProvider,
    ConfigFileCredentials,
    Credential,
    CredentialProvider,
    ExplicitCredentials,
)

GOOD: list[tuple[dict[str, Any], str]] = [
    ({"username": "me", "password": "s3cret"}, "password"),
    ({"username": "me", "password": ""}, "password"),
    ({"identity_token": "s3cret"}, "identity_token"),
    ({"username": "me", "identity_token": "s3cret"}, "identity_token"),
    ({"registry_token": "s3cret"}, "registry_token"),
]


@pytest.mark.parametrize(("values", "kind"), GOOD)
def test_credential_has_a_kind_and_hides_its_secret(values: dict[str, Any], kind: str) -> None:
    credential = Credential(**values, source="a file")
    assert credential.kind == kind
    assert "s3cret" not in f"{credential} {credential!r} {[credential]}"
    assert "a file" in repr(credential)
    assert pickle.loads(pickle.dumps(credential)) == credential == Credential(**values)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "exactly one"),
        ({"username": "me"}, "exactly one"),
        ({"username": "me", "password": "s3cret", "identity_token": "s3cret"}, "exactly one"),
        ({"password": "s3cret"}, "requires a username"),
        ({"username": "", "password": "s3cret"}, "username is empty"),
        ({"username": "m:e", "password": "s3cret"}, "colon"),
        ({"username": "me", "password": "s3cret\n"}, "password contains a control character"),
        ({"username": "me\x00", "password": "s3cret"}, "username contains a control character"),
        ({"registry_token": "s3cret\r\nX: y"}, "registry_token contains a control character"),
        ({"identity_token": ""}, "identity_token is empty"),
        ({"username": "me", "password": "s3cret\ud800"}, "password contains an unpaired surrogate"),
        ({"identity_token": "\udcffs3cret"}, "identity_token contains an unpaired surrogate"),
        ({"username": "me", "password": b"s3cret"}, "password must be a string, not bytes"),
    ],
)
def test_invalid_values_are_rejected_without_showing_the_secret(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        Credential(**values)
    assert "s3cret" not in str(caught.value)


def test_explicit_credentials_are_for_one_registry_or_for_all() -> None:
    credential = Credential("me", "s3cret")
    assert ExplicitCredentials(credential).get_credential("quay.io", "a/b") is credential
    hub = ExplicitCredentials(credential, "index.docker.io")
    assert hub.get_credential("docker.io") is credential
    assert hub.get_credential("docker.io:5000") is None
    assert hub.get_credential("quay.io") is None
    assert "s3cret" not in repr(hub)


def test_providers_match_their_protocols() -> None:
    sync: list[CredentialProvider] = [
        ExplicitCredentials(Credential("me", "x")),
        ConfigFileCredentials(environ={"HOME": "/nowhere"}),
    ]
    asynchronous: list[AsyncCredentialProvider] = [AsyncConfigFileCredentials(environ={"A": "s3cret"})]
    assert "s3cret" not in repr([*sync, *asynchronous])
