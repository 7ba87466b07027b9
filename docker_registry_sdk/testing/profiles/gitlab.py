"""The profile of GitLab."""

import asyncio
import re
from collections.abc import Sequence

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import Call, Exchange, Site
from docker_registry_sdk.testing.profiles.effects import RefuseScopes
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always
from docker_registry_sdk.testing.profiles.requests import with_path
from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.v2.access import Access

_DIGEST_TAG = re.compile(r"/v2/(?P<name>.+)/manifests/sha256-(?P<encoded>[0-9a-f]{64})")
_DENIED = {"errors": [{"code": "DENIED", "message": "access forbidden"}]}


def _has_digest_tag(call: Call) -> bool:
    return _DIGEST_TAG.fullmatch(call.path) is not None


def _requests_unknown_group(requested: Sequence[Access], site: Site) -> bool:
    """Return whether a token request for several repositories includes one in an unknown group with the right to pull only."""
    names = {access.name for access in requested if access.type == "repository"}
    pull_only = names - {access.name for access in requested if access.action != "pull"}
    if len(names) < 2 or not pull_only:
        return False
    groups = {name.partition("/")[0] for name in site.storage.names()}
    return any(name.partition("/")[0] not in groups for name in pull_only)


@attrs.frozen
class ResolveDigestTag:
    """Resolve a tag of the form `sha256-<hex>` to the digest `sha256:<hex>`, if the tag does not exist."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Call the registry with the digest instead of the tag."""
        scope, match = exchange.scope, _DIGEST_TAG.fullmatch(exchange.call.path)
        assert match is not None  # the fault has the condition _has_digest_tag
        repository = await asyncio.to_thread(exchange.site.storage.load, match["name"])
        if repository is not None and f"sha256-{match['encoded']}" not in repository.tags:
            scope = with_path(scope, f"/v2/{match['name']}/manifests/sha256:{match['encoded']}")
        await app(scope, exchange.receive, exchange.send)


GITLAB = Profile(
    name="gitlab",
    settings=Settings(token_path="/jwt/auth"),
    quirks=(
        Quirk("token-path", "The token service is at /jwt/auth.", "GitLab documentation, container registry"),
        Quirk(
            "unknown-scope-refused",
            "A token request is refused with 403 if one of its scopes is a path unknown to GitLab.",
            "ggcr#220, kaniko#181",
            (always(RefuseScopes(_requests_unknown_group, 403, _DENIED), ("get_token", "post_token")),),
        ),
        Quirk(
            "tag-is-digest",
            "The tag sha256-<hex> is resolved to the digest, so that the fallback tag for referrers leads to the subject itself.",
            "oras-go#1396",
            (always(ResolveDigestTag(), ("get_manifest", "head_manifest"), when=_has_digest_tag),),
        ),
    ),
)
