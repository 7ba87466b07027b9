"""Which document, and which field of it, an error is about. Free of I/O."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from .._core.text.error_details import CHUNK_SIZE_HINT
from ..errors import (
    AuthError,
    DeadlineExceededError,
    DigestMismatchError,
    LoginError,
    NotFoundError,
    ParseError,
    RegistryError,
)

_LENGTH_HINT: Final = (
    "The registry, or a proxy in front of it, refuses request bodies of this size: upload this blob to the target with "
    "upload_blob and a chunk_size such as 4 MiB (4194304), then copy again, or ask the operator to raise the limit."
)
FILE_HINT: Final = "Create the layout or archive again, or copy to another folder."
PUSH_HINT: Final = "Build and push the image again: registries return a manifest as it was pushed."
INDEX_SIZE_HINT: Final = "The file index.json states a wrong size: create the layout or archive again, or copy to another folder."
_SIZE_HINT: Final = "The manifest states a wrong size: build and push the image again."
_MISSING_HINT: Final = "The source lacks this part: push the image or artifact again, or copy a platform that is complete."
_BYTES_HINT: Final = "Try again. If the bytes still differ, the source is damaged: build or push the image again."
# Which blob was requested makes no difference to these errors, and calls that fail for one reason may share one exception.
_OF_NO_CONTENT: Final = (AuthError, LoginError, DeadlineExceededError)


def replace_chunk_size_hint(error: RegistryError, hint: str) -> None:
    """Replace the hint to pass a smaller `chunk_size`, in an error of an upload by a call without this argument.

    Args:
        error: The error, which is changed only if it has this hint.
        hint: The hint that fits the call.
    """
    if error.hint == CHUNK_SIZE_HINT:
        error._replace_hint(hint)


@contextmanager
def named_document(name: str, hint: str) -> Iterator[str]:
    """Name a document in the `ParseError` that the block raises, and replace its hint, which may blame a server.

    Args:
        name: The name of the document, such as the path of a file, which the context returns.
        hint: The hint of the error.

    Raises:
        ParseError: The block raised a `ParseError`.
    """
    try:
        yield name
    except ParseError as error:
        raise error._in_document(name, hint) from None


@contextmanager
def named_by(place: str, content: str = "", size_hint: str = _SIZE_HINT) -> Iterator[None]:
    """Add the content that was to be transferred, and the place that names it, to the error that the block raises.

    Args:
        place: The field and the manifest, such as `layers[0] of the manifest sha256:…`; an empty string if they are not known.
        content: The kind and the digest, such as `blob sha256:…`, for errors whose text lacks the digest, such as those of an
            upload; an empty string if the text has it.
        size_hint: The hint for bytes with the expected digest, but another size than the place states.

    Raises:
        RegistryError: The block raised this error.
    """
    try:
        yield
    except RegistryError as error:
        if isinstance(error, DigestMismatchError):
            error._replace_hint(size_hint if error.expected == error.actual else _BYTES_HINT)
        if isinstance(error, NotFoundError) and error.method == "GET":
            error._replace_hint(_MISSING_HINT)
        replace_chunk_size_hint(error, _LENGTH_HINT)
        if not isinstance(error, _OF_NO_CONTENT):
            lacks_content = content and content.rpartition(":")[2] not in error.problem
            if words := ", ".join(filter(None, (content if lacks_content else "", place and f"named by {place}"))):
                error._add_place(words)
        raise
