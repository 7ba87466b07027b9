"""OpenTelemetry's instrumentation of httpx sees every request, also those of the HTTP/1.1 engine, below the caller's span."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from docker_registry_sdk import AsyncRegistries, AsyncRegistryClientV2, artifacts, images
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Status, Truncate
from tests.core.wire.loopback import Handler, run_loopback
from tests.images.built_images import INDEX, store_image
from tests.support.embedded import login_of
from tests.support.images import OCI_INDEX, digest_of

pytestmark = pytest.mark.anyio
INDEX_BYTES = b'{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}'


class Tracing:
    """The spans that OpenTelemetry has recorded.

    Args:
        provider: The source of tracers.
        exporter: The recorded spans.
    """

    def __init__(self, provider: TracerProvider, exporter: InMemorySpanExporter) -> None:
        self.tracer = provider.get_tracer("tests")
        self._exporter = exporter

    def clear(self) -> None:
        """Forget the spans so far."""
        self._exporter.clear()

    def check(self, name: str, *registries: EmbeddedRegistry) -> None:
        """Check that each request which the registries have received has its own span, below the span `name`.

        The parent of a span is `name`, or a request whose body was being sent. So a blob is read from the source of a copy.

        Args:
            name: The name of the only other span.
            registries: The registries, which must not have received other requests.
        """
        recorded = [record for registry in registries for record in registry.requests]
        self.check_received(name, [(record.method, record.header("traceparent")) for record in recorded])

    def check_received(self, name: str, recorded: list[tuple[str, str | None]]) -> None:
        """Check that each request which servers have received has its own span, below the span `name`; see `check`.

        Args:
            name: The name of the only other span.
            recorded: The method and the header `traceparent` of each request.
        """
        spans = self._exporter.get_finished_spans()
        [_] = [span for span in spans if span.name == name]
        sent = [span for span in spans if span.kind is SpanKind.CLIENT]
        assert len(sent) == len(spans) - 1
        known = {span.context.span_id for span in spans if span.context}
        assert {span.parent.span_id if span.parent else 0 for span in sent} <= known
        assert len({span.context.trace_id for span in spans if span.context}) == 1
        received = sorted((traceparent or f"{method} has none").rpartition("-")[0] for method, traceparent in recorded)
        contexts = [span.context for span in sent if span.context]
        assert received == sorted(f"00-{context.trace_id:032x}-{context.span_id:016x}" for context in contexts)
        assert sorted(method for method, _ in recorded) == sorted(span.name for span in sent)


@pytest.fixture
def tracing() -> Iterator[Tracing]:
    """The spans of all requests of httpx, while the test runs."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        yield Tracing(provider, exporter)
    finally:
        instrumentor.uninstrument()


@pytest.mark.parametrize("auth", ["none", "token"])
async def test_a_push_and_a_download(tracing: Tracing, auth: str, tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    file.write_bytes(bytes(300_000))
    with EmbeddedRegistry(auth=auth) as registry, tracing.tracer.start_as_current_span("work"):  # type: ignore[arg-type]
        async with AsyncRegistryClientV2(f"{registry.url}/team/app", **login_of(registry)) as client:
            pushed = await artifacts.async_push(client.ref("report"), [file], artifact_type="application/x.report")
            assert (await client.get_manifest("report")).digest == pushed.digest
            await client.download_blob(digest_of(file.read_bytes()), tmp_path / "copy.txt")
    assert (tmp_path / "copy.txt").read_bytes() == file.read_bytes()
    tracing.check("work", registry)


async def test_each_attempt_of_a_download_has_a_span(tracing: Tracing, tmp_path: Path) -> None:
    content = bytes(300_000)
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Truncate(after=100_000), operation="create_blob_read_stream"))
        with tracing.tracer.start_as_current_span("work"):
            async with AsyncRegistryClientV2(f"{registry.url}/team/app") as client:
                await client.blob_upload(content)
                await client.download_blob(digest_of(content), tmp_path / "file")
        tracing.check("work", registry)
    assert sum(record.method == "GET" and "/blobs/" in record.path for record in registry.requests) == 2


async def test_a_copy_between_two_registries(tracing: Tracing) -> None:
    with EmbeddedRegistry() as source, EmbeddedRegistry(auth="token") as target:
        store_image(source, "team/app", INDEX, "v1")
        source.requests.clear()
        tracing.clear()
        with tracing.tracer.start_as_current_span("work"):
            async with AsyncRegistries(
                credentials={target.url.removeprefix("http://"): (target.username, target.password)}
            ) as registries:
                result = await images.async_copy(f"{source.url}/team/app:v1", f"{target.url}/team/app:v1", registries=registries)
        assert result.digest == INDEX.root
        tracing.check("work", source, target)


async def test_each_repetition_has_a_span(tracing: Tracing, tmp_path: Path) -> None:
    content = bytes(300_000)
    with EmbeddedRegistry(auth="token") as registry:
        for operation in ("get_manifest", "create_blob_read_stream", "list_tags", "complete_blob_upload"):
            registry.faults.add(Fault(Status(503, retry_after=0), operation=operation, times=2))
        with tracing.tracer.start_as_current_span("work"):
            async with AsyncRegistryClientV2(f"{registry.url}/team/app", **login_of(registry)) as client:
                await client.blob_upload(content)
                await client.put_manifest(INDEX_BYTES, "v1", media_type=OCI_INDEX)
                assert (await client.get_manifest("v1")).raw == INDEX_BYTES
                assert await client.list_tags() == ["v1"]
                await client.download_blob(digest_of(content), tmp_path / "file")
        tracing.check("work", registry)


@pytest.mark.parametrize("by_environment", [False, True])
async def test_each_request_through_a_proxy_has_a_span(
    tracing: Tracing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_environment: bool
) -> None:
    content = bytes(300_000)
    failures = [503, 429]

    def answer(handler: Handler) -> None:
        if "/token" in handler.path:
            handler.reply(200, b'{"token": "abc"}')
        elif handler.path.startswith("http://storage.example.net/"):
            handler.reply(failures.pop(), Retry_After="0") if failures else handler.reply(200, content)
        elif handler.headers.get("Authorization") != "Bearer abc":
            handler.reply(401, WWW_Authenticate='Bearer realm="/token"')
        elif "/blobs/" in handler.path:
            handler.reply(307, Location="http://storage.example.net/x")
        else:
            handler.reply(200, b'{"tags": ["v1"]}')

    with run_loopback(answer) as proxy:
        options: Any = {} if by_environment else {"proxy": proxy.url}
        if by_environment:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("no_proxy", "127.0.0.1")
        with tracing.tracer.start_as_current_span("work"):
            async with AsyncRegistryClientV2("http://registry.example.com/a", credentials={}, **options) as client:
                assert await client.list_tags() == ["v1"]
                await client.download_blob(digest_of(content), tmp_path / "file")
        tracing.check_received("work", [(seen.line.partition(" ")[0], seen.headers.get("traceparent")) for seen in proxy.seen])
    assert not failures
    assert len(proxy.seen) >= 8
