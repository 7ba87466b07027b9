"""Plans of copies as JSON values. Free of I/O."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, get_args

from .._core.names.grammar import check_tag
from ..client.manifests import digest_from_manifest_bytes
from ..digest import Digest, digest_of
from ..errors import RegistryError
from ..reference import RepoRef, parse_repo_and_ref
from .docker_archive import DockerArchive
from .layout import Layout
from .location import Location
from .planned import BlobAction, PlannedBlob, PlannedManifest

if TYPE_CHECKING:
    from .copy_plan import CopyPlan

VERSION: Final = 1
_ROLES: Final = ("root", "child", "referrer")


def plan_to_dict(plan: CopyPlan) -> dict[str, Any]:
    """Return a plan as a value that `json.dumps` accepts. The bytes of manifests are encoded as base64.

    Args:
        plan: The plan.
    """
    return {
        "version": VERSION,
        "source": _location_to_dict(plan.source),
        "target": _location_to_dict(plan.target),
        "digest": str(plan.digest),
        "size": plan.size,
        "media_type": plan.media_type,
        "use_urls": plan.use_urls,
        "missing_referrers": list(map(str, plan.missing_referrers)),
        "missing_referrers_named_by": list(plan.missing_referrers_named_by),
        "blobs": [
            {
                "action": one.action,
                "digest": str(one.digest),
                "size": one.size,
                "media_type": one.media_type,
                "urls": list(one.urls),
                "named_by": one.named_by,
                "data": one.data,
            }
            for one in plan.blobs
        ],
        "manifests": [
            {
                "action": one.action,
                "digest": str(one.digest),
                "size": one.size,
                "media_type": one.media_type,
                "role": one.role,
                "names_manifests": one.names_manifests,
                "has_subject": one.has_subject,
                "tags": list(one.tags),
                "raw": base64.b64encode(one.raw).decode(),
            }
            for one in plan.manifests
        ],
    }


def fields_from_dict(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `CopyPlan` for a plan that `plan_to_dict` has converted to a value.

    Args:
        value: The value that `plan_to_dict` returned, or an equal value that was read from JSON.

    Raises:
        ValueError: The value is not a plan, or the bytes of a manifest in it do not have their digest.
    """
    if (version := _get(value, "version", int)) != VERSION:
        raise ValueError(f"the plan has the version {version}, but this package reads only version {VERSION}: make a new plan")
    try:
        target = _location_from_dict(_get(value, "target", Mapping))
        if isinstance(target, DockerArchive):
            raise ValueError("the target of the plan is an archive, but archives can only be read")
        return {
            "source": _location_from_dict(_get(value, "source", Mapping)),
            "target": target,
            "digest": Digest(_get(value, "digest", str)),
            "size": _get(value, "size", int),
            "media_type": _get(value, "media_type", str),
            "blobs": tuple(map(_blob_from_dict, _get(value, "blobs", Sequence))),
            "manifests": tuple(map(_manifest_from_dict, _get(value, "manifests", Sequence))),
            "use_urls": _get(value, "use_urls", bool),
            "missing_referrers": tuple(Digest(str(one)) for one in _get(value, "missing_referrers", Sequence)),
            "missing_referrers_named_by": tuple(map(str, _get(value, "missing_referrers_named_by", Sequence))),
        }
    except RegistryError as error:  # a malformed digest, reference or manifest
        raise ValueError(f"the plan is malformed: {error}") from None


def _location_to_dict(location: Location) -> dict[str, Any]:
    if isinstance(location, RepoRef):
        return {"ref": str(location)}
    if isinstance(location, Layout):
        return {"layout": str(location.path), "tag": location.tag}
    return {"docker_archive": str(location.path), "name": location.ref}


def _location_from_dict(value: Mapping[str, Any]) -> Location:
    if "ref" in value:
        return parse_repo_and_ref(_get(value, "ref", str))
    if "layout" in value:
        return Layout(_get(value, "layout", str), _get(value, "tag", str, type(None)))
    return DockerArchive(_get(value, "docker_archive", str), _get(value, "name", str, type(None)))


def _blob_from_dict(value: Mapping[str, Any]) -> PlannedBlob:
    return PlannedBlob(
        action=_choice(value, "action", get_args(BlobAction)),
        digest=Digest(_get(value, "digest", str)),
        size=_get(value, "size", int, type(None)),
        media_type=_get(value, "media_type", str),
        urls=tuple(map(str, _get(value, "urls", Sequence))),
        named_by=_get(value, "named_by", str),
        data=_get(value, "data", str, type(None)),
    )


def _manifest_from_dict(value: Mapping[str, Any]) -> PlannedManifest:
    manifest = PlannedManifest(
        action=_choice(value, "action", ("push", "skip")),
        digest=Digest(_get(value, "digest", str)),
        size=_get(value, "size", int),
        media_type=_get(value, "media_type", str),
        role=_choice(value, "role", _ROLES),
        names_manifests=_get(value, "names_manifests", bool),
        has_subject=_get(value, "has_subject", bool),
        tags=_tags(value),
        raw=base64.b64decode(_get(value, "raw", str), validate=True),
    )
    # The digest of a signed manifest of Docker schema 1 does not cover its signatures.
    digest, raw = manifest.digest, manifest.raw
    if manifest.action == "push" and digest not in (digest_of(raw, digest.algorithm), _digest_without_signatures(raw, digest)):
        raise ValueError(f"the bytes of the manifest {digest} in the plan have another digest: make a new plan")
    return manifest


def _tags(value: Mapping[str, Any]) -> tuple[str, ...]:
    tags = tuple(map(str, _get(value, "tags", Sequence)))
    for tag in tags:
        check_tag(tag)
    return tags


def _digest_without_signatures(raw: bytes, digest: Digest) -> Digest | None:
    try:
        return digest_from_manifest_bytes(raw, digest.algorithm)
    except RegistryError:
        return None


def _choice(value: Mapping[str, Any], name: str, choices: Sequence[Any]) -> Any:
    found = _get(value, name, str)
    if found not in choices:
        raise ValueError(f"the field {name!r} of the plan must be one of {', '.join(choices)}, not {found!r}")
    return found


def _get(value: Any, name: str, *types: type) -> Any:
    found = value.get(name) if isinstance(value, Mapping) else None
    is_wrong_bool = isinstance(found, bool) and bool not in types
    is_wrong_text = isinstance(found, str) and str not in types  # text is a sequence, too
    if not isinstance(found, types) or is_wrong_bool or is_wrong_text:
        raise ValueError(f"the value is not a plan of a copy: its field {name!r} is missing or has another type")
    return found
