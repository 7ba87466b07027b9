"""Plan a copy: find the manifests and blobs of an image, and check which of them the target already has."""

from __future__ import annotations

from functools import partial
from typing import Literal

from attrs import define, field

from ..._core.concurrency.gather import DEFAULT_CONCURRENCY, async_gather
from ..._core.concurrency.waiting import CancelFlag
from ..._core.text.redaction import quoted
from ...client.error_places import named_by
from ...client.manifests import INDEX_TYPES, check_computable
from ...client.platforms import MAX_INDEX_DEPTH
from ...digest import Digest
from ...errors import ImageError, NotFoundError
from ...v2.models import Descriptor
from ..cosign_tags import cosign_tags
from ..entry_kind import entry_kind
from ..manifest_contents import (
    MAX_MANIFESTS,
    MAX_MANIFESTS_BYTES,
    BlobDescriptor,
    ManifestContents,
    StoredManifest,
    blob_descriptor,
    child_name,
    config_digest,
    merge_blob,
    parse_contents,
)
from ..planned import BlobAction, MissingReferrer, PlannedBlob, PlannedManifest
from .interfaces import AsyncImageSource, AsyncImageTarget


@define(kw_only=True)
class _Node:
    """A manifest that belongs to the copied image, or refers to it.

    Attributes:
        descriptor: The descriptor of the manifest.
        role: `root`, `child` or `referrer`, as in `PlannedManifest`.
        exists: Whether the target already has the manifest.
        stored: The manifest's bytes; None if they need not be read, because the target has the manifest with its blobs.
        contents: The objects that the manifest refers to; empty if the bytes were not read.
        tags: The tags of cosign that the target lacks.
        named_by: The document that names the manifest, for error messages.
    """

    descriptor: Descriptor
    role: Literal["root", "child", "referrer"]
    exists: bool = False
    stored: StoredManifest | None = None
    contents: ManifestContents = field(factory=ManifestContents)
    tags: tuple[str, ...] = ()
    named_by: str = ""


class AsyncPlanner:
    """A planner, which finds the blobs and manifests of one image, and decides whether and how each is copied.

    Args:
        source: Where the image is copied from.
        target: Where the image is copied to.
        referrers: Whether to copy the referrers of the manifests too.
        use_urls: Whether to copy non-distributable layers. If False, the plan leaves them out.
    """

    def __init__(self, source: AsyncImageSource, target: AsyncImageTarget, referrers: bool, use_urls: bool) -> None:
        self._source = source
        self._target = target
        self._referrers = referrers
        self._use_urls = use_urls
        self._nodes: dict[Digest, _Node] = {}
        self._index_blobs: dict[Digest, BlobDescriptor] = {}  # entries of indexes that are not manifests
        self._types_and_sizes: dict[Digest, tuple[str, int]] = {}  # media type and size in the descriptors of each manifest
        self._has_reference = False
        self._tagged: dict[str, StoredManifest] = {}  # by the tags of cosign
        self.missing_referrers: dict[Digest, MissingReferrer] = {}
        self._sizes: list[int] = []  # of all manifests that were read, in bytes; threads append to it

    async def run(self, root: StoredManifest) -> tuple[tuple[PlannedBlob, ...], tuple[PlannedManifest, ...]]:
        """Return the blobs of the plan, and the manifests in the order in which they must be pushed.

        Args:
            root: The manifest or index to copy.

        Raises:
            ImageError: The image exceeds a safety limit, or its descriptors contradict each other.
            InvalidDigestError: A digest in the image has an algorithm other than sha256 and sha512.
        """
        await self._walk(root)
        for tag, stored in self._tagged.items():
            if (node := self._nodes.get(stored.digest)) is not None and not await self._target.has_tag(tag, stored.digest):
                node.stored, node.tags = stored, (*node.tags, tag)
        blobs = dict(self._index_blobs)
        for node in self._nodes.values():
            if not (node.exists and self._target.is_complete):
                for blob in node.contents.blobs:
                    merge_blob(blobs, blob)
        configs = {one for node in self._nodes.values() if (one := config_digest(node.contents.document)) is not None}
        jobs = [partial(self._choose_action, blob, blob.digest in configs) for blob in blobs.values()]
        actions = await async_gather(jobs, DEFAULT_CONCURRENCY, CancelFlag())
        planned = (_planned(blob, action) for blob, action in zip(blobs.values(), actions, strict=True))
        return tuple(planned), tuple(self._plan_manifest(node) for node in self._in_push_order(root.digest))

    async def _walk(self, root: StoredManifest) -> None:
        """Visit all manifests, level by level: the root, its children and referrers, their children and referrers, and so on."""
        descriptor = Descriptor(media_type=root.media_type, digest=root.digest, size=len(root.raw))
        level = [_Node(descriptor=descriptor, role="root", stored=root)]
        for _ in range(MAX_INDEX_DEPTH + 1):
            for node in level:
                self._nodes[node.descriptor.digest] = node
            if len(self._nodes) > MAX_MANIFESTS:
                raise ImageError(
                    f"the image has more than {MAX_MANIFESTS} manifests, the limit for one copy",
                    hint="Copy the manifests in parts, by their digests or for one platform each.",
                )
            following = await async_gather([partial(self._visit, node) for node in level], DEFAULT_CONCURRENCY, CancelFlag())
            nodes = {self._check_descriptor(node): node for nodes in following for node in nodes}
            seen = {*self._nodes, *self._index_blobs, *self.missing_referrers}
            level = [node for digest, node in nodes.items() if digest not in seen]
            if not level:
                return
        raise ImageError(
            f"the indexes and referrers of the image are nested too deep: the limit is {MAX_INDEX_DEPTH} levels",
            hint="Copy the manifests one by one, by their digests.",
        )

    def _check_descriptor(self, node: _Node) -> Digest:
        """Return the digest in a descriptor, after checking that all descriptors with this digest have one media type and size.

        Otherwise a descriptor with a wrong media type could cause a manifest to be copied without the manifest's blobs.
        """
        digest, type_and_size = node.descriptor.digest, (node.descriptor.media_type, node.descriptor.size)
        known = self._types_and_sizes.setdefault(digest, type_and_size)
        if known != type_and_size:
            shown = " and ".join(f"{quoted(media_type)} of {size} bytes" for media_type, size in (known, type_and_size))
            raise ImageError(
                f"descriptors give different media types or sizes for {digest}: {shown}; the image is not copied "
                f"(named by {node.named_by})",
                hint="Build or push the image again: this image is damaged.",
            )
        return digest

    async def _visit(self, node: _Node) -> list[_Node]:
        """Check whether the target has a manifest, read the manifest if necessary, and return its children and referrers."""
        with named_by(node.named_by):
            is_manifest = await self._read(node)
        if not is_manifest:
            return []
        digest, following = node.descriptor.digest, []
        for position, one in enumerate(node.contents.children):
            name = "" if node.stored is None else child_name(node.stored, node.contents, position)
            following.append(_Node(descriptor=one, role="child", named_by=name))
        if self._referrers:
            name = f"the list of referrers of {digest}"
            found = await self._source.find_referrers(digest)
            following += [_Node(descriptor=one, role="referrer", named_by=name) for one in found]
            following += await self._find_cosign_tags(digest)
        return following

    async def _read(self, node: _Node) -> bool:
        """Read a manifest if necessary. Return False for a blob in an index, and for a referrer that does not exist."""
        digest = node.descriptor.digest
        check_computable(digest)
        # A registry may answer 500 to a request for a manifest that is a blob: request only what may be a manifest.
        kind = "manifest" if node.role != "child" else entry_kind(node.descriptor.media_type)
        if kind == "unknown":
            node.stored = await self._source.find_manifest(node.descriptor)
            kind = "blob" if node.stored is None else "manifest"
        if kind == "blob":
            del self._nodes[digest]
            self._index_blobs[digest] = blob_descriptor(node.descriptor, node.named_by)
            return False
        if node.role == "root":
            self._has_reference = await self._target.has_reference(digest)
        node.exists = (node.role == "root" and self._has_reference) or await self._target.has_manifest(digest)
        # Read an index that the target has, too: garbage collection may have deleted its children.
        if not (node.exists and self._target.is_complete and node.descriptor.media_type not in INDEX_TYPES):
            try:
                node.stored = node.stored or await self._source.read_manifest(node.descriptor)
            except NotFoundError:
                if node.role != "referrer":
                    raise
                # The list still names a manifest that was deleted: the other manifests can be copied.
                del self._nodes[digest]
                self.missing_referrers[digest] = MissingReferrer(digest=digest, named_by=node.named_by)
                return False
            self._sizes.append(len(node.stored.raw))
            if sum(self._sizes) > MAX_MANIFESTS_BYTES:
                raise ImageError(
                    f"the manifests of the image have more than {MAX_MANIFESTS_BYTES} bytes, the limit for one copy",
                    hint="Copy the manifests in parts, by their digests or for one platform each.",
                )
            node.contents = parse_contents(node.stored)
        return True

    async def _find_cosign_tags(self, digest: Digest) -> list[_Node]:
        found = []
        for tag in cosign_tags(digest):
            stored = await self._source.find_tagged(tag)
            if stored is not None and stored.digest != digest:
                self._tagged[tag] = stored
                descriptor = Descriptor(media_type=stored.media_type, digest=stored.digest, size=len(stored.raw))
                found.append(_Node(descriptor=descriptor, role="referrer", stored=stored))
        return found

    async def _choose_action(self, blob: BlobDescriptor, is_config: bool) -> BlobAction:
        if blob.is_external and not self._use_urls:
            return "leave"
        with named_by(blob.named_by):
            check_computable(blob.digest)
            if await self._target.has_blob(blob, is_config):
                return "skip"
        return "mount" if self._target.can_mount_from(self._source.repo) else "move"

    def _in_push_order(self, root: Digest) -> list[_Node]:
        """Return the manifests in push order: each after the manifests that it lists and after its subject.

        The root comes last, unless it must be pushed before its referrers.
        """
        ordered: dict[Digest, _Node] = {}
        opened: set[Digest] = set()
        # Without recursion: of the children of one index, each can be an index that lists the next one.
        for start in (*(digest for digest in self._nodes if digest != root), root):
            pending = [start]
            while pending:
                node = self._nodes.get(pending[-1])
                if node is None or pending[-1] in opened:
                    digest = pending.pop()
                    if node is not None:
                        ordered.setdefault(digest, node)
                else:
                    opened.add(pending[-1])
                    pending.extend(reversed(self._pushed_before(node)))
        return list(ordered.values())

    def _pushed_before(self, node: _Node) -> list[Digest]:
        """Return the digests of the manifests that must be pushed before a manifest: its children, and its subject."""
        before = [child.digest for child in node.contents.children]
        subject = None if node.contents.subject is None else self._nodes.get(node.contents.subject)
        if subject is not None and not subject.exists:
            before.append(subject.descriptor.digest)
        return before

    def _plan_manifest(self, node: _Node) -> PlannedManifest:
        skipped = node.exists and not node.tags and (node.role != "root" or self._has_reference)
        return PlannedManifest(
            digest=node.descriptor.digest,
            media_type=node.descriptor.media_type if node.stored is None else node.stored.media_type,
            size=node.descriptor.size,
            action="skip" if skipped else "push",
            role=node.role,
            names_manifests=bool(node.contents.children),
            has_subject=node.contents.subject is not None,
            raw=b"" if skipped or node.stored is None else node.stored.raw,
            tags=node.tags,
        )


def _planned(blob: BlobDescriptor, action: BlobAction) -> PlannedBlob:
    return PlannedBlob(
        digest=blob.digest,
        size=blob.size,
        media_type=blob.media_type,
        urls=blob.urls,
        data=blob.data,
        named_by=blob.named_by,
        action=action,
    )
