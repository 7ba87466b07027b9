"""The profiles with few quirks: Artifactory, GitLab, Harbor, IBM Cloud, NVIDIA and Quay."""

import json

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.v2.manifest_formats import DOCKER_MANIFEST, OCI_MANIFEST
from tests.testing.helpers import codes, digest_of, image, next_page, push_blob, push_image, put_manifest
from tests.testing.profiles.helpers import SCOPE, bearer, request_token_by_get, request_token_by_post, token_in


class TestArtifactory:
    PROFILE = "artifactory"

    def test_missing_manifest_forbidden(self, user: httpx.Client) -> None:
        """A HEAD of a manifest that does not exist is answered with 403 instead of 404. (RTFACT-13797)"""
        push_image(user, "repo", "tag")
        assert user.head("/v2/repo/manifests/other").status_code == 403
        assert user.get("/v2/repo/manifests/other").status_code == 404
        assert user.head("/v2/repo/manifests/tag").status_code == 200

    def test_no_post_for_tokens(self, profile_registry: EmbeddedRegistry) -> None:
        """Tokens are issued by GET only: a POST is answered with 401. (containerd, remotes/docker/auth)"""
        assert request_token_by_post(profile_registry).status_code == 401
        assert request_token_by_get(profile_registry).status_code == 200


class TestGitlab:
    PROFILE = "gitlab"

    def test_token_path(self, profile_registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
        """The token service is at /jwt/auth. (GitLab documentation, container registry)"""
        assert f'realm="{profile_registry.url}/jwt/auth"' in anyone.get("/v2/").headers["www-authenticate"]

    def test_unknown_scope_refused(self, profile_registry: EmbeddedRegistry, user: httpx.Client) -> None:
        """A token request is answered with 403 if one of its scopes contains a path that is unknown to GitLab. (ggcr#220,
        kaniko#181)
        """
        unknown = "repository:library/debian:pull"
        for response in (
            request_token_by_get(profile_registry, SCOPE, unknown),
            request_token_by_post(profile_registry, scope=f"{SCOPE} {unknown}"),
        ):
            assert (response.status_code, codes(response)) == (403, ["DENIED"])
        push_image(user, "repo", "tag")
        for scopes in ([SCOPE, "repository:repo/other:pull"], [SCOPE, "repository:repo:pull"], [unknown]):
            assert request_token_by_get(profile_registry, *scopes).status_code == 200

    def test_tag_is_digest(self, user: httpx.Client) -> None:
        """The tag sha256-<hex> is resolved to the digest, so that the fallback tag for referrers leads to the subject
        itself. (oras-go#1396)
        """
        digest = push_image(user, "repo", "tag")
        fallback = digest.replace(":", "-")
        for method in ("GET", "HEAD"):
            response = user.request(method, f"/v2/repo/manifests/{fallback}")
            assert (response.status_code, response.headers["docker-content-digest"]) == (200, digest)
        assert user.get(f"/v2/repo/manifests/sha256-{'0' * 64}").status_code == 404
        other = push_image(user, "repo", fallback, annotations={"a": "b"})
        assert user.get(f"/v2/repo/manifests/{fallback}").headers["docker-content-digest"] == other
        assert user.get(f"/v2/repo/manifests/{digest}").content == image()
        assert other != digest == digest_of(image())

    def test_subject_must_exist(self, user: httpx.Client) -> None:
        """A manifest whose subject does not exist in the repository is answered with 400. (moby/buildkit#7007)"""
        push_blob(user, "repo", b"{}")
        digest = digest_of(image())
        subject = {"mediaType": OCI_MANIFEST, "digest": digest, "size": len(image())}
        referrer = image(subject=subject)
        response = put_manifest(user, "repo", "referrer", referrer)
        assert (response.status_code, codes(response)) == (400, ["MANIFEST_BLOB_UNKNOWN"])
        assert digest in response.text
        push_image(user, "repo", "tag")
        assert put_manifest(user, "repo", "referrer", referrer).status_code == 201
        assert put_manifest(user, "repo", "other", image(subject=None)).status_code == 201


class TestHarbor:
    PROFILE = "harbor"

    def test_session_cookie(self, profile_registry: EmbeddedRegistry, user: httpx.Client) -> None:
        """Responses set a session cookie; a request with this cookie that is not GET or HEAD requires a CSRF token, else 403.
        (dotnet/sdk#37221, harbor#12676)
        """
        assert user.post("/v2/repo/blobs/uploads/").status_code == 202
        assert user.cookies["sid"]
        response = user.post("/v2/repo/blobs/uploads/")
        assert (response.status_code, codes(response)) == (403, ["FORBIDDEN"])
        assert user.get("/v2/").status_code == 200
        user.cookies.clear()
        assert user.post("/v2/repo/blobs/uploads/").status_code == 202
        assert "sid=" in request_token_by_get(profile_registry).headers["set-cookie"]

    def test_mount_from_unknown_project(self, profile_registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
        """A mount from a project that does not exist is answered with 401 instead of 202. (harbor#17097, ggcr#1393)"""
        scopes = [SCOPE, "repository:team/app:pull,push", "repository:team/other:pull", "repository:nowhere/app:pull"]
        headers = bearer(token_in(request_token_by_get(profile_registry, *scopes)))

        def post(name: str, **query: str) -> httpx.Response:
            anyone.cookies.clear()
            return anyone.post(f"/v2/{name}/blobs/uploads/", params=query, headers=headers)

        digest = digest_of(b"content")
        location = post("team/app").headers["location"]
        anyone.cookies.clear()
        assert anyone.put(location, params={"digest": digest}, content=b"content", headers=headers).status_code == 201
        assert post("repo", mount=digest, **{"from": "nowhere/app"}).status_code == 401
        assert post("repo", mount=digest, **{"from": "team/other"}).status_code == 202
        assert post("repo", mount=digest, **{"from": "team/app"}).status_code == 201


class TestIcr:
    PROFILE = "icr"

    def test_delete_action(self, profile_registry: EmbeddedRegistry, user: httpx.Client) -> None:
        """Deletion requires a token with the action delete; push is not sufficient. (ggcr#2266)"""
        digest = push_image(user, "repo", "tag")
        pusher = bearer(token_in(request_token_by_get(profile_registry, "repository:repo:pull,push")))
        response = user.delete(f"/v2/repo/manifests/{digest}", headers=pusher)
        assert response.status_code == 401
        assert 'scope="repository:repo:delete"' in response.headers["www-authenticate"]
        assert user.delete(f"/v2/repo/manifests/{digest}").status_code == 202


class TestNvcr:
    PROFILE = "nvcr"

    @pytest.mark.parametrize("path", ["/v2/", "/v2/repo/tags/list"])
    def test_no_service(self, anyone: httpx.Client, path: str) -> None:
        """A challenge names no service. (dxf#57)"""
        challenge = anyone.get(path).headers["www-authenticate"]
        assert challenge.startswith('Bearer realm="')
        assert "service" not in challenge


class TestQuay:
    PROFILE = "quay"

    def test_mount_without_from_unauthorized(self, user: httpx.Client) -> None:
        """A mount without from is answered with 401, regardless of the token. (ggcr, pkg/v1/remote)"""
        digest = push_blob(user, "repo", b"content")
        response = user.post("/v2/repo/blobs/uploads/", params={"mount": digest})
        assert (response.status_code, codes(response)) == (401, ["UNAUTHORIZED"])
        assert user.post("/v2/repo/blobs/uploads/", params={"mount": digest, "from": "repo"}).status_code == 201

    def test_next_page(self, profile_registry: EmbeddedRegistry, user: httpx.Client) -> None:
        """The link to a next page is relative, and has an opaque cursor in next_page instead of last. (regclient#272,
        ggcr#794)
        """
        for tag in "abc":
            push_image(user, "repo", tag)
        user.headers.update(bearer(token_in(request_token_by_get(profile_registry, SCOPE, "registry:catalog:*"))))
        for path, field, values in [("/v2/repo/tags/list", "tags", ["a", "b", "c"]), ("/v2/_catalog", "repositories", ["repo"])]:
            url: str | None = f"{path}?n=1"
            found: list[str] = []
            while url is not None:
                response = user.get(url)
                found += response.json()[field]
                url = next_page(response)
                if url is not None:
                    assert url.startswith(f"{path}?n=1&next_page=")
                    assert "last" not in url
            assert found == values

    def test_page_limit(self, user: httpx.Client) -> None:
        """A page size n of more than 100 is answered with 413. (ggcr#1963)"""
        push_image(user, "repo", "tag")
        response = user.get("/v2/repo/tags/list", params={"n": 101})
        assert (response.status_code, codes(response)) == (413, ["TOO_MANY_TAGS_REQUESTED"])
        assert user.get("/v2/repo/tags/list", params={"n": 100}).status_code == 200

    def test_gzip_layers_only(self, user: httpx.Client) -> None:
        """A Docker manifest with a layer that is not compressed with gzip is answered with 400; an OCI manifest is accepted.
        (containers/image#1270)
        """
        layer = push_blob(user, "repo", b"layer")
        push_blob(user, "repo", b"{}")
        for media_type, form, status in [
            (DOCKER_MANIFEST, "application/vnd.docker.image.rootfs.diff.tar.gzip", 201),
            (DOCKER_MANIFEST, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", 201),
            (DOCKER_MANIFEST, "application/vnd.docker.image.rootfs.diff.tar", 400),
            (DOCKER_MANIFEST, "application/vnd.oci.image.layer.v1.tar+gzip", 400),
            (OCI_MANIFEST, "application/vnd.oci.image.layer.v1.tar", 201),
        ]:
            layers = [{"mediaType": form, "digest": layer, "size": 5}]
            content = json.dumps({**json.loads(image()), "mediaType": media_type, "layers": layers}).encode()
            response = put_manifest(user, "repo", "tag", content, media_type)
            assert response.status_code == status, form
            assert status == 201 or codes(response) == ["MANIFEST_INVALID"]
