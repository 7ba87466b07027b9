"""The references in the tests and the documentation of the node.js client, with its results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk.errors import InvalidReferenceError
from docker_registry_sdk.reference import Index, Repo, RepoRef, parse_index, parse_repo, parse_repo_and_ref, parse_repo_and_tag

VECTORS = json.loads(Path(__file__).with_name("parse.json").read_text(encoding="utf-8"))

# Vectors with another result here, and the reason.
DEVIATIONS = {
    ("parseRepoAndRef", "localhost:5000/blarg@sha256:cafebabe"): (
        "an invalid digest is refused, since digests become part of paths and URLs; the node client does not check digests"
    ),
}


def plain(value: Index | Repo) -> dict[str, Any]:
    """Return a value in the form of the vectors."""
    if isinstance(value, Index):
        found: dict[str, Any] = {"scheme": value.scheme, "name": value.name, "official": value.official}
    else:
        found = {
            "index": plain(value.index),
            "official": value.official,
            "remoteName": value.remote_name,
            "localName": value.local_name,
            "canonicalName": value.canonical_name,
        }
        if isinstance(value, RepoRef):
            found |= {"tag": value.tag, "digest": value.digest}
    return {key: item for key, item in found.items() if item is not None}


def parse(function: str, *args: Any) -> Index | Repo:
    """Call the function that corresponds to one of the node.js client; a default index given as an object becomes an Index."""
    functions: dict[str, Any] = {"parseIndex": parse_index, "parseRepo": parse_repo, "parseRepoAndRef": parse_repo_and_ref}
    made = [Index(arg["name"], scheme=arg.get("scheme")) if isinstance(arg, dict) else arg for arg in args]
    result: Index | Repo = functions[function](*made)
    return result


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['fn']}-{vector['args']}")
def test_vector(vector: dict[str, Any]) -> None:
    function, args = vector["fn"], vector["args"]
    if "error" in vector or (function, args[0]) in DEVIATIONS:
        with pytest.raises(InvalidReferenceError):
            parse(function, *args)
    else:
        assert plain(parse(function, *args)) == vector["expect"]


def test_every_deviation_is_a_vector() -> None:
    assert set(DEVIATIONS) <= {(vector["fn"], vector["args"][0]) for vector in VECTORS}


def test_parse_repo_and_tag_is_an_alias() -> None:
    assert parse_repo_and_tag is parse_repo_and_ref
