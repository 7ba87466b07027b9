"""The parser of pushed manifests, which also validates them."""

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
    is_external_layer,
    is_list,
    is_object,
    load_json_object,
    parse_content_type,
    signed_payload,
)
from docker_registry_sdk.testing.v2.names import DEFAULT_ALGORITHM, algorithm_of, digest_of, parse_digest


@attrs.frozen
class ParsedManifest:
    """The data of a pushed manifest that the registry needs to store the manifest.

    Args:
        media_type: The media type.
        payload: The bytes over which the digest is computed: the manifest, without its signatures if it is a signed manifest of
            schema 1.
        blobs: The digests of the blobs to which the manifest refers, except layers that are stored at external URLs.
        subject: The digest in the field `subject`, or None if the manifest has no subject.
    """

    media_type: str
    payload: bytes
    blobs: tuple[str, ...] = ()
    subject: str | None = None

    def digest(self, pushed_as: str | None) -> str:
        """Compute the digest under which the manifest is stored.

        Args:
            pushed_as: The digest in the request path, or None if the manifest is pushed by tag.

        Returns:
            The digest. Its algorithm is the algorithm of `pushed_as`, or sha256 if `pushed_as` is None.

        Raises:
            ApiError: `pushed_as` is not the digest of the manifest (DIGEST_INVALID).
        """
        digest = digest_of(DEFAULT_ALGORITHM if pushed_as is None else algorithm_of(pushed_as), [self.payload])
        if pushed_as is not None and digest != pushed_as:
            raise ApiError(
                DIGEST_INVALID, "the digest in the path is not the digest of the manifest", details=[{"digest": pushed_as}]
            )
        return digest


def parse_manifest(content: bytes, content_type: str | None) -> ParsedManifest:
    """Parse and validate a manifest.

    Args:
        content: The bytes of the manifest.
        content_type: The `Content-Type` of the request. If it is None or empty, the media type is derived from the content.

    Returns:
        The parsed manifest. If the media type is unknown, the content is not validated, and `blobs` and `subject` are empty.

    Raises:
        ApiError: The manifest is invalid (MANIFEST_INVALID), or contains an invalid digest (DIGEST_INVALID).

    Source: OCI Distribution Specification, "Pushing Manifests"; OCI Image Specification; Docker's image manifests,
        schemas 1 and 2.
    """
    declared = parse_content_type(content_type) if content_type else None
    document = load_json_object(content)
    media_type = declared or _derive_media_type(document)
    if media_type in {SCHEMA1, SCHEMA1_SIGNED}:
        return _parse_schema1(content, document, media_type)
    if document is not None and document.get("mediaType", media_type) != media_type:
        _raise_invalid("the field mediaType differs from the Content-Type")
    if media_type not in IMAGES | INDEXES:
        return ParsedManifest(media_type, content)
    if document is None:
        _raise_invalid("the content is not a JSON object")
    return _parse_known(content, document, media_type)


def _parse_known(content: bytes, document: dict[str, Any], media_type: str) -> ParsedManifest:
    if document.get("schemaVersion") != 2:
        _raise_invalid("schemaVersion is not 2")
    if "manifests" in document and ("config" in document or "layers" in document):
        _raise_invalid("the content has fields of an image (config, layers) and of an index (manifests)")
    blobs: list[str] = []
    if media_type in IMAGES:
        config, *layers = [_descriptor(document.get("config")), *map(_descriptor, _list(document, "layers"))]
        blobs = [config["digest"], *(layer["digest"] for layer in layers if not is_external_layer(layer["mediaType"]))]
    else:
        for child in _list(document, "manifests"):
            _descriptor(child)
    subject = _descriptor(document["subject"])["digest"] if document.get("subject") is not None else None
    _check_annotations(document.get("annotations"))
    if not isinstance(document.get("artifactType", ""), str):
        _raise_invalid("artifactType is not a string")
    return ParsedManifest(media_type, content, tuple(dict.fromkeys(blobs)), subject)


def _parse_schema1(content: bytes, document: dict[str, Any] | None, media_type: str) -> ParsedManifest:
    if document is None or document.get("schemaVersion") != 1:
        _raise_invalid("schemaVersion is not 1")
    layers: list[Any] = [layer.get("blobSum") if is_object(layer) else None for layer in _list(document, "fsLayers")]
    blobs = [
        parse_digest(digest) if isinstance(digest, str) else _raise_invalid("an entry of fsLayers has no blobSum")
        for digest in layers
    ]
    payload = signed_payload(content, document) if media_type == SCHEMA1_SIGNED else content
    return ParsedManifest(media_type, payload, tuple(dict.fromkeys(blobs)))


def _derive_media_type(document: dict[str, Any] | None) -> str:
    """Return the media type of a manifest that was pushed without Content-Type.

    Args:
        document: The manifest, or None if the content is not a JSON object.

    Returns:
        The value of the field `mediaType`. If the manifest has no such field, the media type of an OCI index if the manifest has
        the field `manifests`, or of an OCI image manifest if it has the field `layers`.

    Raises:
        ApiError: The manifest has none of these fields, or `mediaType` is malformed (MANIFEST_INVALID).
    """
    if document is not None:
        if isinstance(found := document.get("mediaType"), str):
            return parse_content_type(found)
        if "manifests" in document:
            return OCI_INDEX
        if "layers" in document:
            return OCI_MANIFEST
    _raise_invalid("the request has no Content-Type, and the content does not identify the media type; send a Content-Type")


def _descriptor(value: Any) -> dict[str, Any]:
    """Check the required fields of a descriptor.

    Args:
        value: The JSON value at the place of a descriptor, or None if the manifest has no value there.

    Returns:
        The descriptor, unchanged.

    Raises:
        ApiError: The descriptor is missing or invalid (MANIFEST_INVALID), or the digest is invalid (DIGEST_INVALID).
    """
    if not is_object(value):
        _raise_invalid("a descriptor (in config, layers, manifests or subject) is missing or is not an object")
    media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
    if not isinstance(media_type, str) or not isinstance(digest, str):
        _raise_invalid("the mediaType or the digest of a descriptor is missing or is not a string")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        _raise_invalid("the size of a descriptor is missing or is not a non-negative integer")
    parse_digest(digest)
    return value


def _check_annotations(value: Any) -> None:
    if value is not None and not (is_object(value) and all(isinstance(text, str) for text in value.values())):
        _raise_invalid("annotations is not an object whose values are strings")


def _list(document: dict[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    if not is_list(value):
        _raise_invalid(f"the field {name} is missing or is not an array")
    return value


def _raise_invalid(reason: str) -> NoReturn:
    raise ApiError(MANIFEST_INVALID, f"the manifest is invalid: {reason}")
