"""The functions that verify manifests treat a digest in any form as a digest, never as a tag."""

from __future__ import annotations

import httpx
import pytest

from docker_registry_sdk.client.manifests import check_computable, compute_digest, read_manifest
from docker_registry_sdk.digest import Digest, RefLike, digest_of
from docker_registry_sdk.errors import DigestMismatchError, InvalidDigestError
from docker_registry_sdk.reference import parse_repo
from docker_registry_sdk.v2.models import Descriptor
from tests.support.images import OCI_MANIFEST, make_image

CONTENT = make_image().oci
DIGEST = digest_of(CONTENT)
OTHER = digest_of(b"other")


def forms(digest: Digest) -> list[RefLike]:
    return [str(digest), digest, Descriptor(media_type=OCI_MANIFEST, digest=digest, size=1)]


def response() -> httpx.Response:
    request = httpx.Request("GET", "https://h.test/")
    return httpx.Response(200, headers={"Content-Type": OCI_MANIFEST}, content=CONTENT, request=request)


@pytest.mark.parametrize("position", range(3))
def test_each_form_of_a_digest_is_verified(position: int) -> None:
    assert compute_digest(CONTENT, forms(DIGEST)[position]) == DIGEST
    assert read_manifest(response(), forms(DIGEST)[position], parse_repo("h.test/a")).digest == DIGEST
    for wrong in (OTHER, Digest("sha512:" + "0" * 128)):
        with pytest.raises(DigestMismatchError):
            compute_digest(CONTENT, forms(wrong)[position])
        with pytest.raises(DigestMismatchError):
            read_manifest(response(), forms(wrong)[position], parse_repo("h.test/a"))
    with pytest.raises(InvalidDigestError):
        check_computable(forms(Digest("blake3:" + "0" * 64))[position])


def test_malformed_digest_is_no_tag() -> None:
    for malformed in ("sha256:cafe", "a:b"):
        for check in (check_computable, lambda reference: compute_digest(CONTENT, reference)):
            with pytest.raises(InvalidDigestError):
                check(malformed)


def test_tag_is_not_verified() -> None:
    check_computable("v1")
    assert compute_digest(CONTENT, "v1") == DIGEST
