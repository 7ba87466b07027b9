"""What a caller may choose about the embedded registry's behaviour."""

import attrs
from attrs import validators

MEBIBYTE = 1024 * 1024


@attrs.frozen(kw_only=True)
class Settings:
    """How strict and how generous the embedded registry is.

    Args:
        manifest_limit: The largest manifest taken, in bytes; a larger one is answered with 413. It bounds a page of
            referrers, too.
        sparse_images: Whether an image manifest may name blobs that the repository lacks. The specification leaves it to the
            registry; refusing them finds a client that forgets a blob, so that is the default. Indexes may always be sparse.
        chunk_min_length: The least size of a chunk (but for the last), announced as ``OCI-Chunk-Min-Length`` and enforced; None
            announces nothing.
        page_limit: The most tags, repositories or referrers in one answer, whatever ``n`` asks for; the rest is behind a
            ``Link``. None sets no limit.

    Raises:
        ValueError: A number is smaller than 1.
    """

    manifest_limit: int = attrs.field(default=4 * MEBIBYTE, validator=validators.ge(1))
    sparse_images: bool = False
    chunk_min_length: int | None = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
    page_limit: int | None = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
