"""GitLab."""

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

_TAG = re.compile(r"/v2/(?P<name>.+)/manifests/sha256-(?P<encoded>[0-9a-f]{64})")
_DENIED = {"errors": [{"code": "DENIED", "message": "access forbidden"}]}


def _is_digest_tag(call: Call) -> bool:
    return _TAG.fullmatch(call.path) is not None


def _asks_for_foreign_path(wanted: Sequence[Access], site: Site) -> bool:
    """Say whether a token for several repositories is asked for, and one to be read alone is in a group that is not there."""
    names = {access.name for access in wanted if access.type == "repository"}
    read_alone = names - {access.name for access in wanted if access.action != "pull"}
    if len(names) < 2 or not read_alone:
        return False
    groups = {name.partition("/")[0] for name in site.storage.names()}
    return any(name.partition("/")[0] not in groups for name in read_alone)


@attrs.frozen
class DigestTag:
    """A tag that is a digest with a dash stands for that digest, when there is no such tag."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry look for the digest."""
        scope, match = exchange.scope, _TAG.fullmatch(exchange.call.path)
        assert match is not None  # the effect is for such requests only
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
            "foreign-scope-refused",
            "A token is refused with 403 when one of its scopes is a path that GitLab does not know.",
            "ggcr#220, kaniko#181",
            (always(RefuseScopes(_asks_for_foreign_path, 403, _DENIED), ("get_token", "post_token")),),
        ),
        Quirk(
            "tag-is-digest",
            "The tag sha256-<hex> stands for the digest itself, so that the fallback list of referrers is the subject.",
            "oras-go#1396",
            (always(DigestTag(), ("get_manifest", "head_manifest"), when=_is_digest_tag),),
        ),
    ),
)
