"""Any document and any bytes as a configuration file give a credential, None or an AuthError."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.credentials.config import parse_config
from docker_registry_sdk.errors import AuthError

NAMES = st.sampled_from(
    ["auths", "auth", "quay.io", "https://quay.io/v1/", "identitytoken", "credsStore", "credHelpers", "username"]
)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy of objects with the names that matter."""
    return st.dictionaries(NAMES, inner, max_size=4)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | objects(inner), max_leaves=8)


@given(objects(JSON) | JSON, st.booleans())
def test_any_document_gives_a_credential_or_an_auth_error(document: object, legacy: bool) -> None:
    try:
        config = parse_config(json.dumps(document).encode(), "the file", legacy=legacy)
        config.helper_calls("quay.io")
        assert isinstance(config.stored_credential("quay.io", "a/b"), Credential | None)
    except AuthError as error:
        source = error.source
    else:
        source = "the file"
    assert "the file" in source


@given(st.binary(max_size=60))
def test_any_bytes_give_a_configuration_or_an_auth_error(content: bytes) -> None:
    try:
        config = parse_config(content, "the file")
    except AuthError:
        return
    assert config.location == "the file"
