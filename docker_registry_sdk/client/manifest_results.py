"""The results of pulling and of pushing a manifest."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..digest import Digest
from ..v2 import api, models
from .schema1 import Signature


@frozen(kw_only=True)
class ManifestResponse:
    """A manifest that was pulled.

    The kind of manifest depends on the registry, so check it before you use its fields:

        from docker_registry_sdk.v2.models import DockerManifest, ImageManifest

        manifest = repository.get_manifest("1.0", platform="linux/arm64").manifest
        if isinstance(manifest, (ImageManifest, DockerManifest)):
            print(manifest.config.digest, [layer.digest for layer in manifest.layers])

    Attributes:
        manifest: The parsed manifest, an instance of the class in `docker_registry_sdk.v2.models` for the media type. It is never
            an index if a platform was requested.
        digest: The manifest's digest, computed from the received bytes.
        media_type: The manifest's media type, from the Content-Type header. If that header is missing or generic, the media type
            is determined by the manifest's fields; if the manifest's `mediaType` names another format of the same kind, an image
            or an index, the manifest's counts.
        raw: The received bytes. To push the manifest with the same digest, push these bytes.
        signature: `verified` if all signatures of a schema 1 manifest are valid, `unchecked` if they were not verified, since the
            package extra `schema1` is not installed, and `unsigned` for manifests without signatures.
        response: The response with its parsed headers; None if the Content-Type was missing or generic, or names another format
            than the manifest.
    """

    # Not the alias Manifest: this text is evaluated only when it is needed, so the models are imported on first use.
    manifest: (
        models.ImageManifest
        | models.ImageIndex
        | models.DockerManifest
        | models.DockerManifestList
        | models.DockerSchema1Manifest
    ) = field(hash=False)
    digest: Digest
    media_type: str
    raw: bytes = field(repr=False)
    signature: Signature = "unsigned"
    response: api.get_manifest.GetManifestOk | None = field(default=None, repr=False, hash=False)

    @property
    def size(self) -> int:
        """Return the size of the manifest in bytes."""
        return len(self.raw)

    @property
    def descriptor(self) -> models.Descriptor:
        """Return a descriptor of the manifest with its media type, digest and size."""
        return models.Descriptor(media_type=self.media_type, digest=self.digest, size=self.size)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as a dict for `json.dumps`: the fields of the descriptor, `signature`, and the parsed `manifest`.

        The JSON text of `manifest` differs from `raw` in its spaces and line breaks, so that it has another digest.
        """
        return {**self.descriptor.to_dict(), "signature": self.signature, "manifest": self.manifest.to_dict()}


@frozen(kw_only=True)
class PutManifestResponse:
    """The registry's response to a pushed manifest.

    Attributes:
        digest: The manifest's digest, computed from the pushed bytes.
        media_type: The manifest's media type, as pushed.
        size: The size of the manifest in bytes.
        location: The URL of the manifest; None if the registry sent no URL.
        subject: The digest of the manifest's subject, if the registry lists the manifest in its referrers API. None if the
            manifest has no subject, or if the registry does not list the manifest, so that the caller must add the manifest to
            the index under the fallback tag.
        tags: Those of the tags passed as `tags` that the registry has set. Push the manifest again under each missing tag.
    """

    digest: Digest
    media_type: str
    size: int
    location: str | None
    subject: Digest | None
    tags: tuple[str, ...]

    @property
    def descriptor(self) -> models.Descriptor:
        """Return a descriptor of the manifest with its media type, digest and size."""
        return models.Descriptor(media_type=self.media_type, digest=self.digest, size=self.size)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as a dict for `json.dumps`. The keys `location` and `subject` are omitted if they are None."""
        optional = {"location": self.location, "subject": self.subject and str(self.subject)}
        given = {name: value for name, value in optional.items() if value is not None}
        return {**self.descriptor.to_dict(), **given, "tags": list(self.tags)}
