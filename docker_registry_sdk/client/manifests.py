"""Manifests as a client hands them out: typed, with a digest that was computed and their bytes. Free of I/O."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from .._core.wire import HTTPResponse
from ..digest import DEFAULT_ALGORITHM, Digest, Verifier, digest_of
from ..errors import DigestMismatchError, InvalidDigestError, ParseError, UnexpectedContentType
from ..media_types import DOCKER_LIST, DOCKER_MANIFEST, DOCKER_SCHEMA1, OCI_INDEX, OCI_MANIFEST
from ..v2.api import get_manifest
from ..v2.models import DockerManifest, DockerManifestList, DockerSchema1Manifest, ImageIndex, ImageManifest
from .schema1 import Signature, check_signatures, signed_payload

Manifest: TypeAlias = ImageManifest | ImageIndex | DockerManifest | DockerManifestList | DockerSchema1Manifest

_UNSIGNED_SCHEMA1: Final = "application/vnd.docker.distribution.manifest.v1+json"

_READERS: Final[dict[str, Callable[[Any], Manifest]]] = {
    OCI_MANIFEST: ImageManifest.from_dict,
    OCI_INDEX: ImageIndex.from_dict,
    DOCKER_MANIFEST: DockerManifest.from_dict,
    DOCKER_LIST: DockerManifestList.from_dict,
    DOCKER_SCHEMA1: DockerSchema1Manifest.from_dict,
    _UNSIGNED_SCHEMA1: DockerSchema1Manifest.from_dict,
}
# What servers and caches name that know nothing of manifests, besides types of text.
_SAYS_NOTHING: Final = frozenset({"application/json", "application/octet-stream", "binary/octet-stream"})
# Each of these makes a manifest of another kind of a document.
_MARKS: Final = frozenset({"manifests", "layers", "config", "fslayers"})


@frozen(kw_only=True)
class ManifestResponse:
    """A manifest.

    Attributes:
        manifest: The manifest, typed by its media type.
        digest: The digest of its bytes, computed here.
        media_type: Its media type.
        raw: Its bytes; what is pushed again is these.
        signature: Of schema 1: whether its signatures were found good, or not looked at without the extra `schema1`.
        headers: The answer's documented headers; None when the registry named an odd Content-Type.
    """

    manifest: Manifest
    digest: Digest
    media_type: str
    raw: bytes = field(repr=False)
    signature: Signature = "unsigned"
    headers: get_manifest.GetManifestOk | None = field(default=None, repr=False)


def digest_from_manifest_bytes(content: bytes, algorithm: str = DEFAULT_ALGORITHM) -> Digest:
    """Return the digest of a manifest, which for signed schema 1 is that of its payload.

    Args:
        content: The manifest's bytes.
        algorithm: `sha256` or `sha512`.

    Raises:
        ParseError: It is a schema 1 manifest whose signatures do not fit it.
    """
    document = _parse(content)
    return digest_of(signed_payload(content, document) if _is_schema1(document) else content, algorithm)


def is_manifest_type(media_type: str) -> bool:
    """Return whether a media type is that of a kind of manifest that is known.

    Args:
        media_type: The media type.
    """
    return media_type in _READERS


def parse_manifest(content: bytes, media_type: str) -> Manifest | None:
    """Return the manifest that bytes are, typed by their media type; None when it is of a kind that is not known.

    Args:
        content: The manifest's bytes.
        media_type: Its media type, as whoever named the manifest has it.

    Raises:
        ParseError: It cannot be understood, contradicts its media type, or could be read as two kinds at once.
    """
    reader = _READERS.get(media_type)
    if reader is None:
        return None
    manifest = reader(_parse(content))
    _refuse_two_kinds(manifest, media_type)
    return manifest


def check_computable(reference: str) -> None:
    """Check before a request that a digest can be compared with what comes.

    Args:
        reference: A tag or a digest.

    Raises:
        InvalidDigestError: It is a digest of an algorithm that cannot be computed here.
    """
    if isinstance(reference, Digest):
        Verifier(reference.algorithm)


def read_manifest(response: HTTPResponse, reference: str) -> ManifestResponse:
    """Return the manifest of a response, checked against the reference that it was asked for by.

    Args:
        response: The response to `get_manifest`.
        reference: The tag or digest that was asked for.

    Raises:
        StatusError: The response is no success.
        DigestMismatchError: The bytes are not those of the digest that was asked for, or that the registry claims.
        UnexpectedContentType: It is no manifest of a kind that is known.
        ParseError: It cannot be understood, contradicts its Content-Type, or could be read as two kinds at once.
    """
    answer: get_manifest.GetManifestOk | None = None
    manifest: Manifest
    try:
        answer = get_manifest.parse(response)
        raw, media_type, manifest = answer.raw, answer.media_type or "", answer.body
        claimed = answer.docker_content_digest
    except UnexpectedContentType as error:
        raw, claimed = error.raw, error.headers.get("docker-content-digest")
        media_type, manifest = _decide(error)
    _refuse_two_kinds(manifest, media_type)
    payload = raw
    signature: Signature = "unsigned"
    if isinstance(manifest, DockerSchema1Manifest):
        document = _parse(raw)
        payload, signature = signed_payload(raw, document), check_signatures(raw, document)
    return ManifestResponse(
        manifest=manifest,
        digest=_checked(payload, reference, claimed),
        media_type=media_type,
        raw=raw,
        signature=signature,
        headers=answer,
    )


def _decide(error: UnexpectedContentType) -> tuple[str, Manifest]:
    """Return media type and manifest where the Content-Type says nothing, by the document itself."""
    named = error.media_type or ""
    document = _parse(error.raw) if not named or named.startswith("text/") or named in _SAYS_NOTHING else None
    found = _type_of(document)
    if found is None:
        raise error
    return found, _READERS[found](document)


def _checked(payload: bytes, reference: str, claimed: str | None) -> Digest:
    """Return the digest of the bytes, in the algorithm of the reference if that is a digest."""
    wanted = reference if isinstance(reference, Digest) else None
    digest = digest_of(payload, wanted.algorithm if wanted is not None else DEFAULT_ALGORITHM)
    if wanted is not None and digest != wanted:
        raise DigestMismatchError(expected=wanted, actual=digest, expected_size=None, actual_size=len(payload))
    if claimed is None or claimed == digest:
        return digest
    try:
        said = Digest(claimed)
        actual = digest_of(payload, said.algorithm)
    except InvalidDigestError:
        return digest  # no claim that could be checked
    if actual != said:
        raise DigestMismatchError(expected=said, actual=actual, expected_size=None, actual_size=len(payload))
    return digest


def _refuse_two_kinds(manifest: Manifest, media_type: str) -> None:
    """Refuse what clients could take for different things (CVE-2021-41190)."""
    for name, value in manifest.additional_properties.items():
        if value is not None and name.casefold() in _MARKS:  # readers in Go take names in any case for the same
            raise ParseError(
                model=type(manifest).__name__, field=name, problem="belongs to another kind: it could be read both ways"
            )
    own = (manifest.media_type or "").lower()
    # Schema 1 has no media type of its own, and its two names mean the same.
    same = own == media_type or {own, media_type} == {DOCKER_SCHEMA1, _UNSIGNED_SCHEMA1}
    if own in _READERS and not same:
        raise ParseError(model=type(manifest).__name__, field="mediaType", problem=f"is {own}, but it came as {media_type}")


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


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


@frozen(kw_only=True)
class PutManifestResponse:
    """A manifest that was pushed.

    Attributes:
        digest: The digest of the bytes, computed here.
        location: Where it can be found, if the registry says so.
        subject: The digest of its subject, when the registry keeps referrers; None when there is none, or the caller must
            keep the fallback tag.
        tags: The further tags that the registry set; those it did not must be pushed one by one.
    """

    digest: Digest
    location: str | None
    subject: str | None
    tags: tuple[str, ...]
