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
from .planned import BlobAction, MissingReferrer, PlannedBlob, PlannedManifest

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
        "missing_referrers": [one.to_dict() for one in plan.missing_referrers],
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
        ValueError: The value is not a plan, lacks a field, has an unknown field, or has a manifest whose bytes do not have their
            digest.
    """
    plan = _Object(value, "")
    if (version := plan.take("version", int)) != VERSION:
        raise ValueError(f"the plan has the version {version}, but this package reads only version {VERSION}: make a new plan")
    try:
        target = _location_from_dict(plan.take_object("target"))
        if isinstance(target, DockerArchive):
            raise ValueError("the plan has an archive as its target, but archives can only be read")
        found = {
            "source": _location_from_dict(plan.take_object("source")),
            "target": target,
            "digest": Digest(plan.take("digest", str)),
            "size": plan.take("size", int),
            "media_type": plan.take("media_type", str),
            "blobs": tuple(map(_blob_from_dict, plan.take_objects("blobs"))),
            "manifests": tuple(map(_manifest_from_dict, plan.take_objects("manifests"))),
            "use_urls": plan.take("use_urls", bool),
            "missing_referrers": tuple(map(_missing_from_dict, plan.take_objects("missing_referrers"))),
        }
    except RegistryError as error:  # a malformed digest, reference or manifest
        raise ValueError(f"the plan is malformed: {error}") from None
    plan.end()
    return found


def _location_to_dict(location: Location) -> dict[str, Any]:
    if isinstance(location, RepoRef):
        return {"ref": str(location)}
    if isinstance(location, Layout):
        return {"layout": str(location.path), "tag": location.tag}
    return {"docker_archive": str(location.path), "name": location.ref}


def _location_from_dict(value: _Object) -> Location:
    location: Location
    if value.has("ref"):
        location = parse_repo_and_ref(value.take("ref", str))
    elif value.has("layout"):
        location = Layout(value.take("layout", str), value.take("tag", str, type(None)))
    else:
        location = DockerArchive(value.take("docker_archive", str), value.take("name", str, type(None)))
    value.end()
    return location


def _blob_from_dict(value: _Object) -> PlannedBlob:
    blob = PlannedBlob(
        action=value.take_choice("action", get_args(BlobAction)),
        digest=Digest(value.take("digest", str)),
        size=value.take("size", int, type(None)),
        media_type=value.take("media_type", str),
        urls=value.take_texts("urls"),
        named_by=value.take("named_by", str),
        data=value.take("data", str, type(None)),
    )
    value.end()
    return blob


def _missing_from_dict(value: _Object) -> MissingReferrer:
    missing = MissingReferrer(digest=Digest(value.take("digest", str)), named_by=value.take("named_by", str))
    value.end()
    return missing


def _manifest_from_dict(value: _Object) -> PlannedManifest:
    manifest = PlannedManifest(
        action=value.take_choice("action", ("push", "skip")),
        digest=Digest(value.take("digest", str)),
        size=value.take("size", int),
        media_type=value.take("media_type", str),
        role=value.take_choice("role", _ROLES),
        names_manifests=value.take("names_manifests", bool),
        has_subject=value.take("has_subject", bool),
        tags=value.take_texts("tags"),
        raw=value.take_bytes("raw"),
    )
    value.end()
    for tag in manifest.tags:
        check_tag(tag)
    # The digest of a signed manifest of Docker schema 1 does not cover its signatures.
    digest, raw = manifest.digest, manifest.raw
    if manifest.action == "push" and digest not in (digest_of(raw, digest.algorithm), _digest_without_signatures(raw, digest)):
        raise ValueError(f"the plan has other bytes for the manifest {digest}: make a new plan")
    return manifest


def _digest_without_signatures(raw: bytes, digest: Digest) -> Digest | None:
    try:
        return digest_from_manifest_bytes(raw, digest.algorithm)
    except RegistryError:
        return None


class _Object:
    """A JSON object in a plan, whose fields are taken one by one.

    Args:
        value: The value in the JSON document.
        path: The path of the object in the plan, such as `blobs[0]`; an empty string for the plan itself.

    Raises:
        ValueError: The value is not an object.
    """

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise ValueError(f"the plan must be an object, not {type(value).__name__}" if not path else _wrong_type(path))
        self._fields = dict(value)
        self._path = path

    def has(self, name: str) -> bool:
        """Return whether the object has a field that was not taken."""
        return name in self._fields

    def take(self, name: str, *types: type) -> Any:
        """Remove a field, and return its value, which must have one of some types."""
        if name not in self._fields:
            raise ValueError(f"the plan lacks the field {self._name(name)}: make a new plan")
        found = self._fields.pop(name)
        is_wrong_bool = isinstance(found, bool) and bool not in types
        is_wrong_text = isinstance(found, str) and str not in types  # text is a sequence, too
        if not isinstance(found, types) or is_wrong_bool or is_wrong_text:
            raise ValueError(_wrong_type(self._name(name)))
        return found

    def take_object(self, name: str) -> _Object:
        """Remove a field, and return the object in it."""
        return _Object(self.take(name, Mapping), self._name(name))

    def take_objects(self, name: str) -> list[_Object]:
        """Remove a field, and return the objects of the list in it."""
        return [_Object(one, f"{self._name(name)}[{at}]") for at, one in enumerate(self.take(name, Sequence))]

    def take_texts(self, name: str) -> tuple[str, ...]:
        """Remove a field, and return the texts of the list in it."""
        found = tuple(self.take(name, Sequence))
        if not all(isinstance(one, str) for one in found):
            raise ValueError(_wrong_type(self._name(name)))
        return found

    def take_choice(self, name: str, choices: Sequence[Any]) -> Any:
        """Remove a field, and return its value, which must be one of several texts."""
        found = self.take(name, str)
        if found not in choices:
            raise ValueError(f"the plan must have one of {', '.join(choices)} in its field {self._name(name)}, not {found!r}")
        return found

    def take_bytes(self, name: str) -> bytes:
        """Remove a field, and return the bytes that its text encodes as base64."""
        text = self.take(name, str)
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            raise ValueError(f"the plan has a text that is not base64 in its field {self._name(name)}") from None

    def end(self) -> None:
        """Refuse fields that were not taken."""
        for name in self._fields:
            raise ValueError(f"the plan has the unknown field {self._name(str(name))}: make a new plan")

    def _name(self, name: str) -> str:
        return f"{self._path}.{name}".lstrip(".")


def _wrong_type(field: str) -> str:
    return f"the plan has a value of another type in its field {field}: make a new plan"
