"""The type of a parsed manifest, in a module of its own, since it imports all models of manifests."""

from __future__ import annotations

from typing import TypeAlias

from ..v2.models import DockerManifest, DockerManifestList, DockerSchema1Manifest, ImageIndex, ImageManifest

Manifest: TypeAlias = ImageManifest | ImageIndex | DockerManifest | DockerManifestList | DockerSchema1Manifest
"""A parsed manifest or index of any kind."""
