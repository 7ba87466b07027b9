"""Whether an index entry is a manifest or a blob, and which objects a manifest of an unknown media type names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docker_registry_sdk.digest import Digest
from docker_registry_sdk.errors import ImageError
from docker_registry_sdk.images.entry_kind import entry_kind, looks_like_manifest, named_objects
from docker_registry_sdk.media_types import (
    DOCKER_CONFIG,
    DOCKER_LAYER,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    DOCKER_SCHEMA1,
    EXTERNAL_LAYERS,
    OCI_CONFIG,
    OCI_EMPTY,
    OCI_INDEX,
    OCI_MANIFEST,
    OCTET_STREAM,
)
from tests.support.images import descriptor, digest_of

ODD = "application/vnd.example.odd+json"
ROOT = Digest(digest_of(b"root"))


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        *((one, "manifest") for one in (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST, DOCKER_SCHEMA1)),
        ("application/vnd.oci.artifact.manifest.v1+json", "manifest"),
        ("application/vnd.cncf.oras.artifact.manifest.v1+json", "manifest"),
        ("application/vnd.example.manifest", "manifest"),
        ("application/vnd.example.index.v2+json", "manifest"),
        *((one, "blob") for one in (OCI_CONFIG, OCI_EMPTY, DOCKER_CONFIG.replace("image", "config"), *sorted(EXTERNAL_LAYERS))),
        (DOCKER_LAYER, "blob"),
        (f"{DOCKER_LAYER}.gzip", "blob"),
        ("application/vnd.oci.image.layer.v1.tar+zstd", "blob"),
        ("application/vnd.buildkit.cacheconfig.v0", "blob"),
        ("application/vnd.cncf.helm.config.v1+json", "blob"),
        (OCTET_STREAM, "blob"),
        ("text/plain", "blob"),
        ("application/gzip", "blob"),
        (ODD, "unknown"),
        ("application/json", "unknown"),
        ("application/vnd.in-toto+json", "unknown"),
    ],
)
def test_the_media_type_tells_the_kind_of_an_entry(media_type: str, kind: str) -> None:
    assert entry_kind(media_type) == kind
    assert entry_kind(media_type.upper()) == kind or media_type in (OCI_MANIFEST, OCI_INDEX)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"schemaVersion":2}', True),
        (b'{"mediaType":"application/x"}', True),
        (b'{"what":"ever"}', False),
        (b"[]", False),
        (b"\x1f\x8b", False),
        (b"", False),
    ],
)
def test_the_content_tells_the_kind_of_other_entries(content: bytes, expected: bool) -> None:
    assert looks_like_manifest(content) is expected


def named(document: Any) -> tuple[list[str], list[str], str | None]:
    manifests, blobs, subject = named_objects(json.dumps(document).encode(), ROOT, ODD)
    return [one.digest for one, _ in manifests], [one.digest for one, _ in blobs], subject


def test_all_descriptors_of_an_unknown_manifest_are_found() -> None:
    blob, layer, child, entry, subject = (f"application/{number}+json".encode() for number in range(5))
    document = {
        "mediaType": ODD,
        "blobs": [descriptor(ODD, blob)],
        "parts": {"first": {"file": descriptor("application/vnd.oci.image.layer.v1.tar", layer)}},
        "children": [descriptor(OCI_MANIFEST, child)],
        "manifests": [descriptor(ODD, entry)],
        "subject": descriptor(OCI_MANIFEST, subject),
        "annotations": {"of": digest_of(b"another image")},
        "from": [f"https://example.com/v2/a/blobs/{digest_of(blob)}", "sha256:" + "0" * 31, "example:" + "0" * 64],
    }
    assert named(document) == ([digest_of(child), digest_of(entry)], [digest_of(blob), digest_of(layer)], digest_of(subject))


def test_the_field_of_each_descriptor_is_named() -> None:
    one, two, three, entry = (descriptor(ODD, bytes([number])) for number in range(4))
    document = {"parts": {"first": [[1, one], {"file": two}]}, "again": one, "manifests": [{}, entry], "x" * 99: three}
    manifests, blobs, _ = named_objects(json.dumps(document).encode(), ROOT, ODD)
    assert [field for _, field in blobs] == ["first", "file", "x" * 40]
    assert [field for _, field in manifests] == ["manifests"]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"fsLayers": [{"blobSum": digest_of(b"a")}]}, r"names 'sha256:.*' without a size, in the field blobSum"),
        ({"blobs": [digest_of(b"a")]}, r"names 'sha256:.*' without a size, in the field blobs"),
        ({"blobs": [{"digest": digest_of(b"a"), "mediaType": ODD}]}, "without a size, in the field blobs"),
        ({"blobs": [{"digest": "sha256:abc", "size": 1}]}, "descriptor in the field blobs that cannot be read"),
        ({"blobs": [{"digest": digest_of(b"a"), "size": "1"}]}, "descriptor in the field blobs that cannot be read"),
        ([], "is not a JSON object"),
        ({"parts": {digest_of(b"a"): {"size": 4}}}, "names 'sha256:.*' outside of a descriptor"),
        ({"blobs": ["sha384:" + "0" * 96]}, "names 'sha384:0+'… outside of a descriptor"),
        ({"blobs": ["blake3:" + "0" * 64]}, "names 'blake3:0+' outside of a descriptor"),
        ({"blobs": ["SHA256:" + "A" * 64]}, "names 'SHA256:A+' outside of a descriptor"),
        ({"from": f"https://example.com/v2/a/blobs/{digest_of(b'a')}?x"}, "names 'sha256:.*' outside of a descriptor"),
        ({"data": [descriptor(ODD, b"a")]}, "names 'sha256:.*' outside of a descriptor"),
        ({"blobs": [{**descriptor(ODD, b"b"), "urls": [descriptor(ODD, b"a")]}]}, "names 'sha256:.*' outside of a descriptor"),
    ],
)
def test_an_unknown_manifest_whose_objects_cannot_be_found_is_refused(document: Any, problem: str) -> None:
    with pytest.raises(ImageError, match=problem) as caught:
        named(document)
    assert ROOT in caught.value.problem


VALUES = st.recursive(
    st.sampled_from([None, -1, 3, "x", digest_of(b"a")]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["digest", "size", "mediaType", "manifests", "layers", "annotations", "data", "urls", digest_of(b"a")]
            ),
            inner,
            max_size=4,
        ),
        st.just(descriptor(ODD, b"blob")),
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["manifests", "blobs", "config", "other"]), VALUES))
def test_an_unknown_manifest_is_read_completely_or_refused(document: dict[str, Any]) -> None:
    try:
        manifests, blobs, _ = named(document)
    except ImageError:
        return
    left = json.dumps(without_annotations(document))
    for digest in (digest_of(b"a"), digest_of(b"blob")):
        assert (digest in left) == (digest in {*manifests, *blobs})


def without_annotations(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_annotations(one) for name, one in value.items() if name != "annotations"}
    return [without_annotations(one) for one in value] if isinstance(value, list) else value
