"""The messages of error bodies are found in the forms of registries, gateways, OAuth servers and web frameworks."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.wire.error_words import find_error_details
from docker_registry_sdk.errors import StatusError
from docker_registry_sdk.token_auth.api import get_token
from docker_registry_sdk.v1.api import list_repo_tags
from docker_registry_sdk.v2.api import get_manifest

FORMS: list[tuple[Any, list[str]]] = [
    ({"errors": [{"code": "DENIED", "message": "no"}]}, ["DENIED: no"]),
    ({"errors": {"code": "DENIED", "message": "no"}}, ["DENIED: no"]),
    ({"errors": {"DENIED": "no", "tag": ["too long", "too odd"]}}, ["DENIED: no", "tag: too long", "tag: too odd"]),
    ({"errors": {"tag": {"message": "no"}}}, ["tag: no"]),
    ({"errors": "no"}, ["no"]),
    ({"errors": ["no", "never"]}, ["no", "never"]),
    ({"errors": [{"error": "no"}, {"msg": "never"}]}, ["no", "never"]),
    ({"errors": [{"message": {"text": "x", "message": "no"}}]}, ["no"]),
    ({"errors": [{"code": "DENIED", "detail": {"message": "no"}}]}, ["DENIED: no"]),
    ({"errors": [{"code": "DENIED", "detail": {"Tag": "x"}}]}, ["DENIED"]),
    ({"error": {"code": "DENIED", "message": "no"}}, ["DENIED: no"]),
    ({"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}, ["no"]),
    ({"error": {"errors": [{"domain": "global", "message": "no"}]}}, ["no"]),
    ({"error": ["no"]}, ["no"]),
    ({"error": "denied", "error_description": "no"}, ["denied: no"]),
    ({"error": "You may not", "error_description": "no"}, ["You may not: no"]),
    ({"error": "denied", "error_description": ""}, ["denied"]),
    ({"message": "no"}, ["no"]),
    ({"Message": "no"}, ["no"]),
    ({"message": ["no"]}, ["no"]),
    ({"message": "no", "errors": [{"message": "never"}]}, ["never", "no"]),
    ({"errorMessage": "no"}, ["no"]),
    ({"error_message": "no"}, ["no"]),
    ({"code": "DENIED", "message": "no"}, ["DENIED: no"]),
    ({"detail": [{"loc": ["a"], "msg": "no"}]}, ["no"]),
    ({"details": "no"}, ["no"]),
    ({"title": "Forbidden", "detail": "no"}, ["no"]),
    ({"reason": "no"}, ["no"]),
    ({"fault": {"faultstring": "no"}}, ["no"]),
    ({"status": "error", "data": {"message": "no"}}, ["no"]),
    (["no"], ["no"]),
    ([{"message": "no"}], ["no"]),
    ("no", ["no"]),
    ({}, []),
    ({"errors": []}, []),
    ({"errors": {"token": "S3CR3T", "tag": {"a": {"b": {"c": {"d": {"message": "deep"}}}}}}}, []),
    (5, []),
]


@pytest.mark.parametrize("operation", [get_manifest, list_repo_tags, get_token])
@pytest.mark.parametrize(("document", "messages"), FORMS, ids=[json.dumps(document)[:60] for document, _ in FORMS])
def test_the_message_of_an_error_is_found_in_each_form(operation: ModuleType, document: Any, messages: list[str]) -> None:
    request = httpx.Request("GET", "https://h.test/v2/")
    with pytest.raises(StatusError) as caught:
        operation.parse(httpx.Response(403, json=document, request=request))
    assert [str(error) for error in caught.value.errors] == messages
    assert caught.value.problem.endswith(": ".join(["403 Forbidden", *messages]))


NAMES = st.sampled_from(["errors", "error", "message", "detail", "code", "errorDescription"]) | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(JSON)
def test_each_detail_of_any_document_has_a_code_or_a_message(document: Any) -> None:
    assert all(error.code or error.message for error in find_error_details(document))


def test_large_bodies_have_few_errors() -> None:
    assert len(find_error_details([{"message": "no"}] * 10_000)) == 50
