"""The selection of the requests with a fault, and the faults in the request log."""

import threading

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, RequestShare, Status
from docker_registry_sdk.testing.faults.exchange import operation_of
from tests.testing.helpers import digest_of, push_image

BROKEN = Status(503)


def statuses(client: httpx.Client, count: int, path: str = "/v2/", **headers: str) -> list[int]:
    return [client.get(path, headers=headers).status_code for _ in range(count)]


def test_once(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    memory_registry.faults.add(Fault(BROKEN))
    assert statuses(client, 3) == [503, 200, 200]


def test_times_and_after(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    memory_registry.faults.add(Fault(BROKEN, times=2, after=1))
    assert statuses(client, 5) == [200, 503, 503, 200, 200]


def test_unlimited_until_cleared(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    memory_registry.faults.add(Fault(BROKEN, times=None))
    assert statuses(client, 3) == [503, 503, 503]
    memory_registry.faults.clear()
    assert statuses(client, 2) == [200, 200]


def test_method_path_operation_and_condition(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    faults = {
        401: Fault(Status(401), method="HEAD", times=None),
        403: Fault(Status(403), path="/v2/a/.*", times=None),
        429: Fault(Status(429), operation=("list_tags", "put_manifest"), times=None),
        503: Fault(Status(503), when=lambda call: "x-break" in call.headers, times=None),
    }
    memory_registry.faults.add(*faults.values())
    for method, path, headers, status in [
        ("GET", "/v2/", {}, 200),
        ("HEAD", "/v2/", {}, 401),
        ("GET", "/v2/a/b/tags/list", {}, 429),
        ("GET", "/v2/a/manifests/tag", {}, 403),
        ("GET", "/v2/ab/manifests/tag", {}, 404),
        ("PUT", "/v2/b/manifests/tag", {}, 429),
        ("GET", "/v2/", {"x-break": "1"}, 503),
    ]:
        assert (client.request(method, path, headers=headers).status_code, method, path) == (status, method, path)
        assert memory_registry.requests[-1].fault is faults.get(status)


def test_api_v1(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    """Requests of API v1 have no operation, but can be selected by path."""
    fault = Fault(BROKEN, path="/v1/.*")
    memory_registry.faults.add(fault)
    assert statuses(client, 2, "/v1/_ping") == [503, 200]
    assert [record.fault for record in memory_registry.requests] == [fault, None]


def test_several_faults_of_one_request(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    """The last fault determines the response, and the log has all of them."""
    first, last = Fault(Status(503, retry_after=1)), Fault(Status(429))
    memory_registry.faults.add(first, last)
    assert client.get("/v2/").status_code == 429
    assert (memory_registry.requests[0].faults, memory_registry.requests[0].fault) == ((first, last), last)


def test_faults_are_added_during_requests(memory_registry: EmbeddedRegistry) -> None:
    """Several threads may add faults; each fault applies to one request."""

    def add_and_request() -> None:
        with httpx.Client(base_url=memory_registry.url, verify=False) as client:
            for _ in range(20):
                memory_registry.faults.add(Fault(BROKEN), Fault(BROKEN, path="/nowhere"))
                client.get("/v2/")

    workers = [threading.Thread(target=add_and_request) for _ in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(len(record.faults) for record in memory_registry.requests) == 100


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/v2", "ping"),
        ("HEAD", "/v2/", "ping"),
        ("GET", "/v2/_catalog", "list_repositories"),
        ("GET", "/v2/a/b/tags/list", "list_tags"),
        ("GET", "/v2/a/manifests/latest", "get_manifest"),
        ("HEAD", "/v2/a/manifests/latest", "head_manifest"),
        ("PUT", "/v2/a/b/c/manifests/latest", "put_manifest"),
        ("DELETE", "/v2/a/manifests/latest", "delete_manifest"),
        ("GET", "/v2/a/blobs/sha256:0", "create_blob_read_stream"),
        ("HEAD", "/v2/a/blobs/sha256:0", "head_blob"),
        ("DELETE", "/v2/a/blobs/sha256:0", "delete_blob"),
        ("POST", "/v2/a/blobs/uploads/", "start_blob_upload"),
        ("GET", "/v2/a/blobs/uploads/1", "get_blob_upload_status"),
        ("PATCH", "/v2/a/blobs/uploads/1", "upload_blob_chunk"),
        ("PUT", "/v2/a/blobs/uploads/1", "complete_blob_upload"),
        ("DELETE", "/v2/a/blobs/uploads/1", "cancel_blob_upload"),
        ("GET", "/v2/a/referrers/sha256:0", "list_referrers"),
        ("GET", "/token", "get_token"),
        ("POST", "/token", "post_token"),
        ("GET", "/v1/_ping", None),
        ("POST", "/v2/", None),
        ("GET", "/v2/a/other/b", None),
    ],
)
def test_operations(method: str, path: str, operation: str | None) -> None:
    assert operation_of(method, path, "/token") == operation


@pytest.mark.parametrize(
    "arguments",
    [{"times": 0}, {"times": -1}, {"after": -1}],
    ids=lambda arguments: ",".join(f"{k}={v}" for k, v in arguments.items()),
)
def test_invalid_numbers(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        Fault(BROKEN, **arguments)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_invalid_share() -> None:
    for fraction, in_a_row in [(-0.1, 2), (1.1, 2), (0.5, 0)]:
        with pytest.raises(ValueError):
            RequestShare(fraction, in_a_row=in_a_row)


class TestShare:
    """A share of the requests fails, selected by a seed, and at most two consecutive ones of the same request."""

    @pytest.fixture
    def paths(self, client: httpx.Client) -> list[str]:
        push_image(client, "repo", "tag")
        return ["/v2/", "/v2/_catalog", "/v2/repo/tags/list", "/v2/repo/manifests/tag", f"/v2/repo/blobs/{digest_of(b'{}')}"]

    def test_share_is_correct_and_reproducible(
        self, memory_registry: EmbeddedRegistry, client: httpx.Client, paths: list[str]
    ) -> None:
        runs: list[list[int]] = []
        for seed in (1, 1, 2):
            memory_registry.faults.clear()
            memory_registry.faults.add(Fault(BROKEN, share=RequestShare(0.2, seed=seed), times=None))
            runs.append([status for path in paths for status in statuses(client, 40, path)])
        assert 20 < runs[0].count(503) < 60
        assert runs[0] == runs[1] != runs[2]

    def test_at_most_two_consecutive(self, memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
        memory_registry.faults.add(Fault(BROKEN, share=RequestShare(1), times=None))
        assert statuses(client, 6) == [503, 503, 200, 503, 503, 200]

    def test_other_requests_in_between_do_not_count(self, memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
        memory_registry.faults.add(Fault(BROKEN, share=RequestShare(1, in_a_row=1), times=None))
        seen = [(path, client.get(path).status_code) for _ in range(2) for path in ("/v2/", "/v2/_catalog")]
        assert seen == [("/v2/", 503), ("/v2/_catalog", 503), ("/v2/", 200), ("/v2/_catalog", 200)]

    def test_callers_are_counted_separately_by_a_header(self, memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
        memory_registry.faults.add(Fault(BROKEN, share=RequestShare(1, identified_by="x-caller"), times=None))
        seen = [client.get("/v2/", headers={"x-caller": name}).status_code for name in "ababab"]
        assert seen == [503, 503, 503, 503, 200, 200]

    def test_selection_does_not_depend_on_threads(self, memory_registry: EmbeddedRegistry, paths: list[str]) -> None:
        def run(threads: bool) -> dict[str, list[int]]:
            memory_registry.faults.clear()
            memory_registry.faults.add(Fault(BROKEN, share=RequestShare(0.3, seed=5), times=None))
            seen: dict[str, list[int]] = {}

            def request(path: str) -> None:
                with httpx.Client(base_url=memory_registry.url, verify=False) as client:
                    seen[path] = statuses(client, 30, path)

            workers = [threading.Thread(target=request, args=(path,)) for path in paths]
            for worker in workers:
                worker.start()
                if not threads:
                    worker.join()
            for worker in workers:
                worker.join()
            return seen

        assert run(threads=True) == run(threads=False)
