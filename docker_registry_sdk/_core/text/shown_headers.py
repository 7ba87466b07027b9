"""The headers of a response as an exception holds them: without the values that may be secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from .redaction import redact_url

HIDDEN: Final = "…"
"""The text that replaces a value that may be a secret."""

# The headers whose values are never secrets. Any other header may hold a token, a cookie or a signature.
_SHOWN: Final = frozenset(
    {
        "accept-ranges",
        "age",
        "allow",
        "cache-control",
        "connection",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-range",
        "content-type",
        "date",
        "docker-content-digest",
        "docker-distribution-api-version",
        "docker-ratelimit-source",
        "docker-upload-uuid",
        "etag",
        "expires",
        "keep-alive",
        "last-modified",
        "oci-chunk-max-length",
        "oci-chunk-min-length",
        "oci-filters-applied",
        "oci-namespace",
        "oci-subject",
        "oci-tag",
        "pragma",
        "range",
        "ratelimit",
        "ratelimit-limit",
        "ratelimit-policy",
        "ratelimit-remaining",
        "ratelimit-reset",
        "retry-after",
        "server",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "vary",
        "via",
        "warning",
        "x-amz-id-2",
        "x-amz-request-id",
        "x-amzn-requestid",
        "x-cache",
        "x-content-type-options",
        "x-correlation-id",
        "x-docker-checksum",
        "x-docker-checksum-payload",
        "x-docker-registry-config",
        "x-docker-registry-standalone",
        "x-docker-registry-version",
        "x-docker-size",
        "x-github-request-id",
        "x-ms-correlation-request-id",
        "x-ms-request-id",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "x-request-id",
    }
)
_URLS: Final = frozenset({"location", "content-location"})
_CHALLENGES: Final = frozenset({"www-authenticate", "proxy-authenticate"})
_SCHEMES: Final = frozenset({"basic", "bearer"})
_CHALLENGE_PARAMETERS: Final = frozenset({"charset", "error", "error_description", "realm", "scope", "service"})


class ShownHeaders(Mapping[str, str]):
    """The headers of a response, without secrets. Names are case-insensitive; iteration yields them in lower case.

    Headers that never hold a secret, such as Content-Type, keep their values. A URL in Location keeps no user info and no values
    of its query, a Basic or Bearer challenge keeps its well-known parameters, and any other value is replaced by `…`.

    Args:
        headers: The headers.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._values = {name.lower(): _shown(name.lower(), value) for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values!r})"


def _shown(name: str, value: str) -> str:
    if name in _SHOWN:
        return value
    if name in _URLS:
        return redact_url(value)
    return _challenge(value) if name in _CHALLENGES else HIDDEN


def _challenge(value: str) -> str:
    """Return a challenge with its well-known parameters only. API v1 sends tokens in challenges of the scheme Token."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() not in _SCHEMES:
        return HIDDEN
    shown = []
    pieces = rest.split('"')
    for before, quoted in zip(pieces[::2], pieces[1::2], strict=False):
        name = (before.rstrip("= ").replace(",", " ").split() or [""])[-1].lower()
        if name in _CHALLENGE_PARAMETERS:
            shown.append(f'{name}="{redact_url(quoted) if name == "realm" else quoted}"')
    return f"{scheme} {','.join(shown) or HIDDEN}"
