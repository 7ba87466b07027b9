"""Parsing of manifests by their media type, and checks of their digests. Free of I/O."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .._core.wire import HTTPResponse, is_length_of_get, text_header
from .._core.wire import media_type as header_media_type
from ..digest import DEFAULT_ALGORITHM, Digest, RefLike, Verifier, digest_of, to_digest
from ..errors import DigestMismatchError, InvalidDigestError, ParseError, UnexpectedContentTypeError
from ..media_types import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    DOCKER_SCHEMA1,
    DOCKER_SCHEMA1_UNSIGNED,
    OCI_INDEX,
    OCI_MANIFEST,
    OCTET_STREAM,
)
from ..v2 import api, models
from .error_places import PUSH_HINT
from .manifest_results import ManifestResponse
from .schema1 import Signature, check_signatures, signed_payload

if TYPE_CHECKING:
    from ..reference import Repo
    from .manifest_types import Manifest


INDEX_TYPES: Final = frozenset({OCI_INDEX, DOCKER_LIST})
"""The media types of an index."""

_READERS: Final[dict[str, Callable[[Any], Manifest]]] = {
    OCI_MANIFEST: lambda document: models.ImageManifest.from_dict(document),
    OCI_INDEX: lambda document: models.ImageIndex.from_dict(document),
    DOCKER_MANIFEST: lambda document: models.DockerManifest.from_dict(document),
    DOCKER_LIST: lambda document: models.DockerManifestList.from_dict(document),
    DOCKER_SCHEMA1: lambda document: models.DockerSchema1Manifest.from_dict(document),
    DOCKER_SCHEMA1_UNSIGNED: lambda document: models.DockerSchema1Manifest.from_dict(document),
}
_SCHEMA1: Final = frozenset({DOCKER_SCHEMA1, DOCKER_SCHEMA1_UNSIGNED})
# The Content-Types of servers and caches that do not know manifest types; others send a type that begins with "text/".
_GENERIC_TYPES: Final = frozenset({"application/json", OCTET_STREAM, "binary/octet-stream"})
# The Content-Types of HEAD that say nothing of the manifest: some registries state a type of schema 1 for each HEAD.
_UNCLEAR_TYPES: Final = _GENERIC_TYPES | _SCHEMA1
# The names, in lower case, of the fields by which parsers distinguish the kinds of manifests.
_KIND_FIELDS: Final = frozenset({"manifests", "layers", "config", "fslayers"})


def digest_from_manifest_bytes(content: bytes, algorithm: str = DEFAULT_ALGORITHM) -> Digest:
    """Return the digest of a manifest. For a signed schema 1 manifest, the digest covers the manifest without its signatures.

    Args:
        content: The manifest's bytes.
        algorithm: `sha256` or `sha512`.

    Raises:
        InvalidDigestError: The algorithm is neither sha256 nor sha512.
        ParseError: The signatures of a schema 1 manifest are malformed, or cover other fields than the manifest has.
    """
    return digest_of(manifest_payload(content), algorithm)


def manifest_payload(content: bytes) -> bytes:
    """Return the bytes that the digest of a manifest covers: all bytes, except the signatures of a signed schema 1 manifest.

    Args:
        content: The manifest's bytes.

    Raises:
        ParseError: The signatures of a schema 1 manifest are malformed, or cover other fields than the manifest has.
    """
    document = parse_document(content)
    return signed_payload(content, document) if _is_schema1(document) else content


def parse_document(content: bytes) -> Any:
    """Parse a JSON document, and return its value; return None if the content is not JSON.

    Args:
        content: The bytes of the document.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def is_manifest_type(media_type: str) -> bool:
    """Return whether this package can parse manifests of a media type.

    Args:
        media_type: The media type.
    """
    return media_type in _READERS


def parse_manifest(content: bytes, media_type: str) -> Manifest | None:
    """Parse a manifest, and return the parsed manifest, or None if the media type is not a known manifest type.

    Args:
        content: The manifest's bytes.
        media_type: The manifest's media type, from the descriptor or the Content-Type.

    Raises:
        ParseError: The manifest cannot be parsed, contradicts its media type, or could be parsed as two kinds of manifest.
    """
    reader = _READERS.get(media_type)
    if reader is None:
        return None
    manifest = reader(parse_document(content))
    _check_single_kind(manifest, media_type)
    return manifest


def check_computable(reference: RefLike) -> None:
    """Check that this package can compute digests with the algorithm of a requested digest. Call this before the request.

    Args:
        reference: The tag or the digest to request. A tag always passes.

    Raises:
        InvalidDigestError: The reference is a malformed digest, or a digest with an algorithm other than sha256 and sha512.
    """
    if not isinstance(reference, str) or ":" in reference:  # not a tag
        Verifier(to_digest(reference).algorithm)


def compute_digest(payload: bytes, reference: RefLike) -> Digest:
    """Return the digest of a manifest, after checking that it is the digest by which the manifest is pulled or pushed.

    Args:
        payload: The bytes that the digest covers.
        reference: The tag or the digest by which the manifest is pulled or pushed. For a tag, nothing is checked, and the
            algorithm of the result is sha256.

    Raises:
        DigestMismatchError: The reference is a digest, but the manifest has another digest.
        InvalidDigestError: The reference is a malformed digest, or a digest with an algorithm other than sha256 and sha512.
    """
    if isinstance(reference, str) and ":" not in reference:
        return digest_of(payload)  # a tag
    expected = to_digest(reference)
    digest = digest_of(payload, expected.algorithm)
    _compare(expected, digest, payload)
    return digest


def check_claimed_digest(claimed: str | None, digest: Digest, payload: bytes) -> None:
    """Check the digest that a registry states for a manifest in the Docker-Content-Digest header.

    A stated digest that is malformed, or whose algorithm is neither sha256 nor sha512, is ignored.

    Args:
        claimed: The value of the header; None if the response has no such header, so that nothing is checked.
        digest: The digest of the payload, computed by this package.
        payload: The bytes that the digest covers.

    Raises:
        DigestMismatchError: The digest of the payload is not the stated digest.
    """
    if claimed is None or claimed == digest:
        return
    try:
        stated = Digest(claimed)
        actual = digest_of(payload, stated.algorithm)
    except InvalidDigestError:
        return
    _compare(stated, actual, payload)


def read_manifest(response: HTTPResponse, reference: RefLike, repo: Repo) -> ManifestResponse:
    """Return the manifest in a response, after parsing the manifest and verifying its digest.

    Args:
        response: The response to `get_manifest`.
        reference: The requested tag or digest.
        repo: The repository, for error messages.

    Raises:
        StatusError: The status is not a success.
        DigestMismatchError: The bytes do not match the requested digest or the digest in the response's headers.
        UnexpectedContentTypeError: The media type is not a known manifest type.
        ParseError: The manifest cannot be parsed, could be parsed as two kinds of manifest, or is an index according to only one
            of its Content-Type and its field `mediaType`.
    """
    try:
        return _read_manifest(response, reference)
    except ParseError as error:
        digest = reference if isinstance(reference, Digest) else digest_of(response.content)
        raise error._in_document(f"the manifest {digest} in {repo.canonical_name}", PUSH_HINT) from None


def _read_manifest(response: HTTPResponse, reference: RefLike) -> ManifestResponse:
    parsed: api.get_manifest.GetManifestOk | None = None
    manifest: Manifest
    try:
        parsed = api.get_manifest.parse(response)
        raw, media_type, manifest = parsed.raw, parsed.media_type or "", parsed.body
        claimed = parsed.docker_content_digest
    except UnexpectedContentTypeError as error:
        raw, claimed = error.raw, error.headers.get("docker-content-digest")
        media_type, manifest = _parse_by_content(error)
    except ParseError:  # the manifest may have another format than the Content-Type states
        raw, claimed = response.content, text_header(response, "Docker-Content-Digest")
        own = _own_type(raw, header_media_type(response) or "")
        if own is None:
            raise
        media_type, manifest = own, _READERS[own](parse_document(raw))
    else:
        if (manifest.media_type or media_type) != media_type and (own := _own_type(raw, media_type)) is not None:
            parsed, media_type, manifest = None, own, _READERS[own](parse_document(raw))
    _check_single_kind(manifest, media_type)
    payload = raw
    signature: Signature = "unsigned"
    if isinstance(manifest, models.DockerSchema1Manifest):
        document = parse_document(raw)
        payload, signature = signed_payload(raw, document), check_signatures(raw, document)
    digest = compute_digest(payload, reference)
    if claimed != digest:
        check_claimed_digest(claimed, digest, payload)
    return ManifestResponse(
        manifest=manifest, digest=digest, media_type=media_type, raw=raw, signature=signature, response=parsed
    )


def descriptor_from_head(response: api.head_manifest.HeadManifestOk, reference: str) -> models.Descriptor | None:
    """Return the descriptor of a manifest from the headers of the response to HEAD; None if only GET can give the descriptor.

    The result is None if the size or the digest is missing, if the media type is missing, generic or one of schema 1, or if the
    stated digest is not the requested digest.

    Args:
        response: The response to `head_manifest`.
        reference: The requested tag, or the requested digest as a `Digest`.
    """
    size, media_type = response.content_length, response.media_type or ""
    requested = reference if isinstance(reference, Digest) else None
    digest = parse_stated_digest(response.docker_content_digest)
    if requested is not None and (digest is None or digest.algorithm != requested.algorithm):
        digest = requested
    if not size or not is_length_of_get(response) or digest is None or requested not in (None, digest):
        return None  # no manifest has 0 bytes; some registries state that for each HEAD
    if not media_type or media_type.startswith("text/") or media_type in _UNCLEAR_TYPES:
        return None
    return models.Descriptor(media_type=media_type, digest=digest, size=size)


def parse_stated_digest(stated: str | None) -> Digest | None:
    """Return the digest in a header of a response; None if there is no such header or its value is not a valid digest.

    Args:
        stated: The value of the header; None if the response has no such header.
    """
    try:
        return None if stated is None else Digest(stated)
    except InvalidDigestError:
        return None


def _parse_by_content(error: UnexpectedContentTypeError) -> tuple[str, Manifest]:
    """Parse the body of a response with a generic or missing Content-Type, and return the media type and the manifest.

    The fields of the document determine the media type.

    Raises:
        UnexpectedContentTypeError: The Content-Type is not generic, or the document is not a manifest. The argument is raised
            again.
    """
    named = error.media_type or ""
    document = parse_document(error.raw) if not named or named.startswith("text/") or named in _GENERIC_TYPES else None
    found = _type_of(document)
    if found is None:
        raise error
    return found, _READERS[found](document)


def _own_type(content: bytes, stated: str) -> str | None:
    """Return the media type in the field `mediaType` of a manifest, if it takes precedence over the Content-Type; otherwise None.

    It does if both are types of an index, or both types of the manifest of one image: registries and proxies state a wrong format
    for bytes that are right.

    Args:
        content: The manifest's bytes.
        stated: The Content-Type.
    """
    document = parse_document(content)
    own = document.get("mediaType") if isinstance(document, dict) else None
    if not isinstance(own, str) or own.lower() not in _READERS or stated not in _READERS:
        return None
    return own.lower() if (own.lower() in INDEX_TYPES) == (stated in INDEX_TYPES) else None


def _compare(expected: Digest, actual: Digest, payload: bytes) -> None:
    if expected != actual:
        raise DigestMismatchError(expected=expected, actual=actual, expected_size=None, actual_size=len(payload))


def _check_single_kind(manifest: Manifest, media_type: str) -> None:
    """Raise ParseError if other clients could parse a manifest as another kind of manifest (CVE-2021-41190).

    Such a manifest has fields of another kind, or a field `mediaType` that contradicts the stated media type.
    """
    model = type(manifest).__name__
    for name, value in manifest.additional_properties.items():
        if value is not None and name.casefold() in _KIND_FIELDS:  # parsers in Go ignore the case of field names
            problem = "belongs to another kind of manifest, so clients could parse the document as either kind"
            raise ParseError(model=model, field=name, problem=problem)
    stated = (manifest.media_type or "").lower()
    # The two media types of schema 1, signed and unsigned, name the same format.
    same = stated == media_type or {stated, media_type} == _SCHEMA1
    if stated in _READERS and not same:
        raise ParseError(
            model=model,
            field="mediaType",
            problem=f"is {stated}, but the Content-Type header or the descriptor states {media_type}",
        )


def _type_of(document: Any) -> str | None:
    if not isinstance(document, dict):
        return None
    own = document.get("mediaType")
    if isinstance(own, str) and own:
        return own if own in _READERS else None
    if _is_schema1(document):
        return DOCKER_SCHEMA1
    return OCI_INDEX if "manifests" in document else OCI_MANIFEST if "layers" in document else None


def _is_schema1(document: Any) -> bool:
    return isinstance(document, dict) and document.get("schemaVersion") == 1 and "fsLayers" in document
