"""OpenAPI descriptions with names and digests that a registry has, so that requests generated from them are not all 404."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import yaml
from attrs import frozen

from tests.testing.helpers import OCI_MANIFEST, UNKNOWN, descriptor, digest_of, image, push_blob, push_image, start_upload

OPENAPI = Path(__file__).parents[2] / "openapi"
NAME, OTHER = "seeded", "other"
COUNT = 12
"""The number of blobs, manifests, tags and uploads: requests may delete some of them."""


@frozen
class Seeds:
    """The content of the repository NAME.

    Attributes:
        blobs: Digests of blobs.
        manifests: Digests of manifests.
        tags: Tags of different manifests.
        sessions: Ids of uploads in progress, by the method of the requests to them.
    """

    blobs: list[str]
    manifests: list[str]
    tags: list[str]
    sessions: dict[str, list[str]]


def sow(client: httpx.Client) -> Seeds:
    """Push the content."""
    push_blob(client, OTHER, b"elsewhere")
    blobs = [push_blob(client, NAME, b"0123456789" * number) for number in range(1, COUNT + 1)]
    tags = [f"v{number}" for number in range(COUNT)]
    subject = descriptor(image(), OCI_MANIFEST)
    manifests = [push_image(client, NAME, tag, subject=subject, artifactType="a/b", annotations={"of": tag}) for tag in tags]
    push_image(client, NAME, "subject")
    methods = ("get", "patch", "put", "delete")
    sessions = {method: [start_upload(client, NAME).rpartition("/")[2] for _ in range(COUNT)] for method in methods}
    return Seeds(blobs, manifests, tags, sessions)


def with_seeds(seeds: Seeds) -> dict[str, Any]:
    """Return the description of API v2 with enumerations of seeds and of some wrong values as parameters.

    The first values of all parameters belong together. Content-Length is removed, because a generated value would let the server
    wait for the rest of the body. A Range has one part, because the response to several parts is not described.
    """
    document: dict[str, Any] = yaml.load((OPENAPI / "registry-v2.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    components, paths = document["components"], document["paths"]
    del components["parameters"]["ContentLength"]
    for item in paths.values():
        for operation in (one for one in item.values() if "parameters" in one):
            operation["parameters"] = [one for one in operation["parameters"] if "/ContentLength" not in one.get("$ref", "")]
    values: dict[str, list[Any]] = {
        "name": [NAME, OTHER, "nothing", "-"],
        "reference": [*seeds.tags, *seeds.manifests, "new", "-", UNKNOWN, "sha256:0"],
        "digest": [*seeds.blobs, *seeds.manifests, digest_of(b""), digest_of(image()), UNKNOWN, "md5:0"],
        "mount": [digest_of(b"elsewhere"), UNKNOWN, "sha256:"],
        "from": [OTHER, NAME, "nothing", "-"],
        "digest-algorithm": ["sha256", "sha512", "md5"],
        "ns": ["registry.example.com", ""],
        "last": ["", "v1", "seeded", "\u00e9"],
        "n": [-1, 0, 1, 2, 1000, 10**30],
        "Range": ["bytes=0-3", "bytes=-2", "bytes=5-", "bytes=1000-", "bytes=3-1", "bytes=", "lines=1-2"],
        "If-Match": ["*", f'"{seeds.manifests[0]}"', '"nothing"'],
        "If-None-Match": ['"nothing"', "*", f'"{seeds.manifests[0]}"', f'W/"{seeds.blobs[0]}"'],
        "If-Range": [f'"{seeds.blobs[0]}"', '"nothing"'],
        "Content-Range": ["0-4", "0-9", "0-0", "5-1", "100-199"],
        "artifactType": ["a/b", "c/d", ""],
    }
    found = [*_parameters(components), *_parameters(paths)]
    for parameter in found:
        if (parameter["name"], parameter["in"]) == ("digest", "query"):
            parameter["schema"] = {"enum": [digest_of(b"whole"), digest_of(b"whole", "sha512"), digest_of(b""), "md5:0"]}
        elif parameter["name"] in values:
            parameter["schema"] = {"enum": values[parameter["name"]]}
        elif parameter["name"] == "tag":
            parameter["schema"]["items"] = {"enum": ["new", "v1", "-", ""]}
    names = {parameter["name"] for parameter in found}
    assert names == {*values, "tag"}, "give each parameter of openapi/registry-v2.yaml some values here"
    upload = paths["/v2/{name}/blobs/uploads/{reference}"]
    _, session = upload.pop("parameters")
    for method, ids in seeds.sessions.items():
        own = [
            {**components["parameters"]["Name"], "schema": {"enum": [NAME, OTHER]}},
            {**session, "schema": {"enum": [*ids, "nothing"]}},
        ]
        upload[method]["parameters"] = [*own, *upload[method].get("parameters", [])]
    for item in paths.values():
        for body in (one["requestBody"]["content"] for one in item.values() if "requestBody" in one):
            if "application/octet-stream" in body:
                body["application/octet-stream"]["schema"] = {"enum": ["whole", "", "0123456789"]}
    body = paths["/v2/{name}/manifests/{reference}"]["put"]["requestBody"]["content"][OCI_MANIFEST]
    good = [json.loads(image(annotations={"of": text})) for text in ("one", "two")]
    body["schema"] = {"anyOf": [{"enum": [*good, json.loads(image(layers=[b"missing"]))]}, body["schema"]]}
    return document


def with_account(username: str, password: str, refresh_token: str) -> dict[str, Any]:
    """Return the description of the token service with enumerations of valid and of some wrong values as parameters."""
    document: dict[str, Any] = yaml.load((OPENAPI / "token-auth.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    components = document["components"]
    scopes = [f"repository:{NAME}:pull,push", "registry:catalog:*", "repository:a/b:*", "nothing", ""]
    values: dict[str, list[str]] = {
        "service": ["embedded-registry", "embedded-registry", "another"],
        "scope": scopes,
        "client_id": ["tests", "t\u00ebsts"],
        "account": [username, "another"],
        "username": [username, "another"],
        "password": [password, "wrong", ""],
        "refresh_token": [refresh_token, "wrong"],
    }
    for parameter in _parameters(components):
        name, schema = parameter["name"], parameter["schema"]
        if name in values:
            schema.get("items", schema)["enum"] = values[name]
    fields = components["schemas"]["TokenRequest"]
    for name in values.keys() & fields["properties"].keys():
        fields["properties"][name]["enum"] = values[name]
    fields["required"] = ["grant_type", "service", "client_id"]
    return document


def _parameters(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for one in node for found in _parameters(one)]
    if not isinstance(node, dict):
        return []
    own = [node] if "name" in node and node.get("in") in {"path", "query", "header"} else []
    return own + [found for one in node.values() for found in _parameters(one)]
