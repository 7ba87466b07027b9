"""The tags under which cosign stores signatures, attestations and SBOMs of a manifest, beside the manifest. Free of I/O.

Source: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
"""

from __future__ import annotations

import re
from typing import Final

from ..client.fallback import fallback_tag
from ..digest import Digest

_SUFFIXES: Final = (".sig", ".att", ".sbom")
_COSIGN_TAG: Final = re.compile(r"sha(?:256|512)-[0-9a-f]{64}\.(?:sig|att|sbom)")


def cosign_tags(digest: Digest) -> list[str]:
    """Return the tags of cosign for a manifest, such as `sha256-e3b0c442….sig`.

    Args:
        digest: The digest of the manifest.
    """
    return [f"{fallback_tag(digest)}{suffix}" for suffix in _SUFFIXES]


def is_cosign_tag(tag: str) -> bool:
    """Return whether a tag is one of cosign for another manifest.

    Args:
        tag: The tag.
    """
    return _COSIGN_TAG.fullmatch(tag) is not None
