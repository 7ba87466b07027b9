"""What a client's calls return besides what is generated."""

from __future__ import annotations

from attrs import frozen

from ..digest import Digest


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
