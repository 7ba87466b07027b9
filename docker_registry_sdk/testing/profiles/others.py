"""The profiles with few quirks: Artifactory, GitLab, Harbor, IBM Cloud, NVIDIA and Quay."""

import asyncio
import re
from collections.abc import Sequence

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import FaultExchange, RegistryState, RequestInfo
from docker_registry_sdk.testing.faults.responses import CapturedResponse, Status
from docker_registry_sdk.testing.faults.tokens import ChallengeWithout
from docker_registry_sdk.testing.profiles.effects import (
    ChangeHead,
    ChangeRequest,
    ChangeResponse,
    OpaqueLinks,
    PageSizeExceeds,
    RefuseScopes,
    mounts_without_source,
)
from docker_registry_sdk.testing.profiles.manifest_effects import (
    RejectManifest,
    find_layer_without_gzip,
    find_missing_subject,
)
from docker_registry_sdk.testing.profiles.profile import RegistryProfile, RegistryQuirk, always
from docker_registry_sdk.testing.profiles.requests import with_path, without_credentials
from docker_registry_sdk.testing.settings import RegistrySettings
from docker_registry_sdk.testing.v2.access import Access

HARBOR_SESSION_COOKIE = "sid=0123456789abcdef0123456789abcdef; Path=/; HttpOnly"
QUAY_MAX_PAGE_SIZE = 100
_GITLAB_DENIED = {"errors": [{"code": "DENIED", "message": "access forbidden"}]}
_GITLAB_DIGEST_TAG = re.compile(r"/v2/(?P<name>.+)/manifests/sha256-(?P<encoded>[0-9a-f]{64})")


def _set_forbidden(response: CapturedResponse) -> None:
    response.status = 403


def _set_cookie(head: CapturedResponse) -> None:
    head.headers.append("set-cookie", HARBOR_SESSION_COOKIE)


def _writes_with_cookie(call: RequestInfo) -> bool:
    return call.method not in {"GET", "HEAD"} and "sid=" in call.headers.get("cookie", "")


def _mounts_with_source(call: RequestInfo) -> bool:
    return "mount" in call.query and "from" in call.query


@attrs.frozen
class RequireProject:
    """An effect that answers a mount with 401 if the project of the source repository does not exist.

    The project is the first part of the repository name in the parameter `from`, which the request must have.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send 401 if the project does not exist. Otherwise, call the registry."""
        project = exchange.request.query["from"].partition("/")[0]
        names = await asyncio.to_thread(exchange.registry.storage.names)
        if project not in {name.partition("/")[0] for name in names}:
            await Status(401, message=f"project {project} not found").play(exchange, app)
            return
        await app(exchange.scope, exchange.receive, exchange.send)


def _has_digest_tag(call: RequestInfo) -> bool:
    return _GITLAB_DIGEST_TAG.fullmatch(call.path) is not None


def _requests_unknown_group(requested: Sequence[Access], registry: RegistryState) -> bool:
    """Return whether GitLab would reject a token request because the group of a repository does not exist.

    GitLab rejects such a request only if it names several repositories, and only if the repository in the missing group is
    requested for pull alone. The group is the first part of the repository name.
    """
    names = {access.name for access in requested if access.type == "repository"}
    pull_only = names - {access.name for access in requested if access.action != "pull"}
    if len(names) < 2 or not pull_only:
        return False
    groups = {name.partition("/")[0] for name in registry.storage.names()}
    return any(name.partition("/")[0] not in groups for name in pull_only)


@attrs.frozen
class ResolveDigestTag:
    """An effect that resolves a tag of the form `sha256-<hex>` to the digest `sha256:<hex>` if the tag does not exist."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Replace the tag by the digest if the repository exists and does not have the tag, and call the registry."""
        scope, match = exchange.scope, _GITLAB_DIGEST_TAG.fullmatch(exchange.request.path)
        assert match is not None  # the fault has the condition _has_digest_tag
        repository = await asyncio.to_thread(exchange.registry.storage.load, match["name"])
        if repository is not None and f"sha256-{match['encoded']}" not in repository.tags:
            scope = with_path(scope, f"/v2/{match['name']}/manifests/sha256:{match['encoded']}")
        await app(scope, exchange.receive, exchange.send)


ARTIFACTORY = RegistryProfile(
    name="artifactory",
    quirks=(
        RegistryQuirk(
            "missing-manifest-forbidden",
            "A HEAD of a manifest that does not exist is answered with 403 instead of 404.",
            "RTFACT-13797",
            (always(ChangeResponse({404}, _set_forbidden), "head_manifest"),),
        ),
        RegistryQuirk(
            "no-post-for-tokens",
            "Tokens are issued by GET only: a POST is answered with 401.",
            "containerd, remotes/docker/auth",
            (always(Status(401), "post_token"),),
        ),
    ),
)


HARBOR = RegistryProfile(
    name="harbor",
    quirks=(
        RegistryQuirk(
            "session-cookie",
            "Responses set a session cookie; a request with this cookie that is not GET or HEAD requires a CSRF token, else 403.",
            "dotnet/sdk#37221, harbor#12676",
            (
                always(ChangeHead(_set_cookie)),
                always(Status(403, code="FORBIDDEN", message="CSRF token invalid"), when=_writes_with_cookie),
            ),
        ),
        RegistryQuirk(
            "mount-from-unknown-project",
            "A mount from a project that does not exist is answered with 401 instead of 202.",
            "harbor#17097, ggcr#1393",
            (always(RequireProject(), "start_blob_upload", when=_mounts_with_source),),
        ),
    ),
)


ICR = RegistryProfile(
    name="icr",
    quirks=(
        RegistryQuirk("delete-action", "Deletion requires a token with the action delete; push is not sufficient.", "ggcr#2266"),
    ),
)


NVCR = RegistryProfile(
    name="nvcr",
    quirks=(RegistryQuirk("no-service", "A challenge names no service.", "dxf#57", (always(ChallengeWithout("service")),)),),
)


QUAY = RegistryProfile(
    name="quay",
    quirks=(
        RegistryQuirk(
            "mount-without-from-unauthorized",
            "A mount without from is answered with 401, regardless of the token.",
            "ggcr, pkg/v1/remote",
            (always(ChangeRequest(without_credentials), "start_blob_upload", when=mounts_without_source),),
        ),
        RegistryQuirk(
            "next-page",
            "The link to a next page is relative, and has an opaque cursor in next_page instead of last.",
            "regclient#272, ggcr#794",
            (always(OpaqueLinks("next_page"), ("list_tags", "list_repositories")),),
        ),
        RegistryQuirk(
            "page-limit",
            "A page size n of more than 100 is answered with 413.",
            "ggcr#1963",
            (
                always(
                    Status(413, code="TOO_MANY_TAGS_REQUESTED", message="the requested limit is too high, max is 100"),
                    "list_tags",
                    when=PageSizeExceeds(QUAY_MAX_PAGE_SIZE),
                ),
            ),
        ),
        RegistryQuirk(
            "gzip-layers-only",
            "A Docker manifest with a layer that is not compressed with gzip is answered with 400; an OCI manifest is accepted.",
            "containers/image#1270",
            (always(RejectManifest(find_layer_without_gzip, "MANIFEST_INVALID"), "put_manifest"),),
        ),
    ),
)


GITLAB = RegistryProfile(
    name="gitlab",
    settings=RegistrySettings(token_path="/jwt/auth"),
    quirks=(
        RegistryQuirk("token-path", "The token service is at /jwt/auth.", "GitLab documentation, container registry"),
        RegistryQuirk(
            "unknown-scope-refused",
            "A token request is answered with 403 if one of its scopes contains a path that is unknown to GitLab.",
            "ggcr#220, kaniko#181",
            (always(RefuseScopes(_requests_unknown_group, 403, _GITLAB_DENIED), ("get_token", "post_token")),),
        ),
        RegistryQuirk(
            "tag-is-digest",
            "The tag sha256-<hex> is resolved to the digest, so that the fallback tag for referrers leads to the subject itself.",
            "oras-go#1396",
            (always(ResolveDigestTag(), ("get_manifest", "head_manifest"), when=_has_digest_tag),),
        ),
        RegistryQuirk(
            "subject-must-exist",
            "A manifest whose subject does not exist in the repository is answered with 400.",
            "moby/buildkit#7007",
            (always(RejectManifest(find_missing_subject, "MANIFEST_BLOB_UNKNOWN"), "put_manifest"),),
        ),
    ),
)
