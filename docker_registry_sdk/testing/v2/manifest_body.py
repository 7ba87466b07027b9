"""Reading a pushed manifest: is it what it says it is, and what does it refer to?"""

from typing import Any, NoReturn

import attrs

from docker_registry_sdk.testing.v2.errors import DIGEST_INVALID, MANIFEST_INVALID, ApiError
from docker_registry_sdk.testing.v2.manifest_formats import (
    IMAGES,
    INDEXES,
    OCI_INDEX,
    OCI_MANIFEST,
    SCHEMA1,
    SCHEMA1_SIGNED,
    is_distributed,
    is_list,
    is_object,
    load_json_object,
    parse_content_type,
    signed_payload,
)
from docker_registry_sdk.testing.v2.names import CANONICAL, algorithm_of, digest_of, parse_digest


@attrs.frozen
class ParsedManifest:
    """What the registry needs to know of a manifest.

    Args:
        media_type: Its media type.
        payload: The bytes that its digest is computed over.
        blobs: The digests of the blobs that it needs.
        subject: The digest of the manifest that it refers to.
    """

    media_type: str
    payload: bytes
    blobs: tuple[str, ...] = ()
    subject: str | None = None

    def digest(self, pushed_as: str | None) -> str:
        """Compute its digest.

        Args:
            pushed_as: The digest that it was pushed by, or None when it was pushed by tag.

        Returns:
            The digest that it is stored under.

        Raises:
            ApiError: DIGEST_INVALID, when it was pushed by a wrong one.
        """
        digest = digest_of(CANONICAL if pushed_as is None else algorithm_of(pushed_as), [self.payload])
        if pushed_as is not None and digest != pushed_as:
            raise ApiError(DIGEST_INVALID, "the manifest has another digest", details=[{"digest": pushed_as}])
        return digest


def parse_manifest(content: bytes, content_type: str | None) -> ParsedManifest:
    """Read a manifest.

    Args:
        content: Its bytes.
        content_type: The `Content-Type` of the request; without one, the body must tell.

    Returns:
        What it is. A media type that the registry does not know is taken as it is.

    Raises:
        ApiError: MANIFEST_INVALID, or DIGEST_INVALID for a digest in it.

    Source: OCI Distribution Specification, "Pushing Manifests"; OCI Image Specification; Docker's image manifests,
        schemas 1 and 2.
    """
    declared = parse_content_type(content_type) if content_type else None
    document = load_json_object(content)
    media_type = declared or _own_type(document)
    if media_type in {SCHEMA1, SCHEMA1_SIGNED}:
        return _parse_schema1(content, document, media_type)
    if document is not None and document.get("mediaType", media_type) != media_type:
        _refuse("the mediaType field is not the Content-Type")
    if media_type not in IMAGES | INDEXES:
        return ParsedManifest(media_type, content)
    if document is None:
        _refuse("it is no JSON object")
    return _parse_known(content, document, media_type)


def _parse_known(content: bytes, document: dict[str, Any], media_type: str) -> ParsedManifest:
    if document.get("schemaVersion") != 2:
        _refuse("schemaVersion is not 2")
    if "manifests" in document and ("config" in document or "layers" in document):
        _refuse("it is an image and an index at once")
    blobs: list[str] = []
    if media_type in IMAGES:
        config, *layers = [_descriptor(document.get("config")), *map(_descriptor, _list(document.get("layers")))]
        blobs = [config["digest"], *(layer["digest"] for layer in layers if is_distributed(layer["mediaType"]))]
    else:
        for child in _list(document.get("manifests")):
            _descriptor(child)
    subject = _descriptor(document["subject"])["digest"] if document.get("subject") is not None else None
    _check_annotations(document.get("annotations"))
    if not isinstance(document.get("artifactType", ""), str):
        _refuse("artifactType is no text")
    return ParsedManifest(media_type, content, tuple(dict.fromkeys(blobs)), subject)


def _parse_schema1(content: bytes, document: dict[str, Any] | None, media_type: str) -> ParsedManifest:
    if document is None or document.get("schemaVersion") != 1:
        _refuse("schemaVersion is not 1")
    layers: list[Any] = [layer.get("blobSum") if is_object(layer) else None for layer in _list(document.get("fsLayers"))]
    blobs = [parse_digest(digest) if isinstance(digest, str) else _refuse("a layer has no blobSum") for digest in layers]
    payload = signed_payload(content, document) if media_type == SCHEMA1_SIGNED else content
    return ParsedManifest(media_type, payload, tuple(dict.fromkeys(blobs)))


def _own_type(document: dict[str, Any] | None) -> str:
    """Tell the media type from the body alone."""
    if document is not None:
        if isinstance(found := document.get("mediaType"), str):
            return parse_content_type(found)
        if "manifests" in document:
            return OCI_INDEX
        if "layers" in document:
            return OCI_MANIFEST
    _refuse("neither a Content-Type nor the body tells its media type")


def _descriptor(value: Any) -> dict[str, Any]:
    """Check the fields of a descriptor that the registry relies on."""
    if not is_object(value):
        _refuse("a descriptor is missing or no object")
    media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
    if not isinstance(media_type, str) or not isinstance(digest, str):
        _refuse("a descriptor lacks its mediaType or digest")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        _refuse("a descriptor has no valid size")
    parse_digest(digest)
    return value


def _check_annotations(value: Any) -> None:
    if value is not None and not (is_object(value) and all(isinstance(text, str) for text in value.values())):
        _refuse("annotations are no map of texts")


def _list(value: Any) -> list[Any]:
    if not is_list(value):
        _refuse("a list is missing")
    return value


def _refuse(reason: str) -> NoReturn:
    raise ApiError(MANIFEST_INVALID, f"the manifest is invalid: {reason}")
