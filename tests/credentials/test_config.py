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
        assert isinstance(config.stored_credential("quay.io", "a/b")[0], Credential | None)
        assert all("the file" in line for line in config.problems_for("quay.io"))
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


WRONG = (
    st.booleans() | st.integers() | st.lists(st.text(max_size=3), max_size=2) | st.dictionaries(st.text(max_size=3), st.text())
)
"""Values that are neither text nor null."""
OPTIONAL = st.sampled_from(["identitytoken", "registrytoken", "username", "password", "email", "serveraddress", "x"])


@given(
    st.dictionaries(OPTIONAL, WRONG | st.none(), max_size=4), st.sampled_from(["credsStore", "credHelpers", "HttpHeaders"]), WRONG
)
def test_no_odd_field_hides_a_login(fields: dict[str, Any], name: str, value: object) -> None:
    odd = {"auths": {"quay.io": {**fields, "auth": "bWU6eA=="}, "ghcr.io": value}}
    if name != "credHelpers" or not isinstance(value, dict):
        odd[name] = value  # type: ignore[assignment]
    config = parse_config(json.dumps(odd).encode(), "the file")
    credential, problems = config.stored_credential("quay.io", "a")
    assert credential == Credential("me", "x")
    assert config.helper_calls("quay.io") == []
    used = {"identitytoken", "registrytoken", "username", "password"}
    assert len(problems) == sum(one in used and field is not None for one, field in fields.items())
    assert len(config.problems_for("quay.io")) == (name in odd and name != "HttpHeaders")
