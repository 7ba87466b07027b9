"""Threads and tasks that need the same credential at the same time: its source is asked once, before and after a refusal."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, Credential, RegistryClientV2
from docker_registry_sdk._core.auth.token_service import basic_authorization
from docker_registry_sdk._core.transport._async import credential_cache as async_cache
from docker_registry_sdk._core.transport._sync import credential_cache as sync_cache
from docker_registry_sdk.errors import AuthError, ForbiddenError, TokenLoginError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.support.embedded import count_token_requests

CALLS = 100
HELPER = """#!{python} -I
import json, os, sys, time
with open({log!r}, "a") as log:
    log.write("start\\n")
sys.stdin.read()
for _ in range(2000):
    if os.path.exists({log!r} + ".all"):
        break
    time.sleep(0.01)
{end}
"""


class Helper:
    """A credential helper that config.json names for all registries, and that answers when 100 calls have asked for a credential.

    Args:
        folder: The folder for the helper and config.json.
    """

    def __init__(self, folder: Path) -> None:
        self.program = folder / "docker-credential-box"
        self.log = folder / "log"
        self.asking = 0
        self.lock = threading.Lock()
        (folder / "config.json").write_text(json.dumps({"credsStore": "box"}), encoding="utf-8")

    def write(self, end: str) -> None:
        """Write the helper, whose last line is given."""
        self.program.write_text(HELPER.format(python=sys.executable, log=str(self.log), end=end), encoding="utf-8")
        self.program.chmod(0o755)

    def count_call(self) -> None:
        """Count a call that asks for a credential."""
        with self.lock:
            self.asking += 1
        if self.asking >= CALLS:
            Path(f"{self.log}.all").touch()

    @property
    def starts(self) -> int:
        """The number of times that the helper was started."""
        return self.log.read_text(encoding="utf-8").count("start")


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Helper:
    for name in ("REGISTRY_AUTH_FILE", "DOCKER_AUTH_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "DOCKER_CONFIG", "PATH", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    helper = Helper(tmp_path)
    for kind in (sync_cache.CredentialCache, async_cache.AsyncCredentialCache):

        def find(self: Any, *arguments: Any, original: Any = kind.find) -> Any:
            helper.count_call()
            return original(self, *arguments)

        monkeypatch.setattr(kind, "find", find)
    return helper


def call_in_threads(client: RegistryClientV2, repos: int = 1) -> list[object]:
    """Make 100 calls in as many threads, and return the result or the exception of each."""
    barrier = threading.Barrier(CALLS)

    def call(number: int) -> object:
        repository = client.repository(f"a{number % repos}")
        barrier.wait(60)
        try:
            return repository.exists("x")
        except Exception as error:
            return error

    with ThreadPoolExecutor(CALLS) as pool:
        return list(pool.map(call, range(CALLS)))


def call_in_tasks(client: AsyncRegistryClientV2, repos: int = 1) -> list[object]:
    """Make 100 calls in as many tasks, and return the result or the exception of each."""
    results: list[object] = []

    async def call(number: int) -> None:
        try:
            results.append(await client.repository(f"a{number % repos}").exists("x"))
        except Exception as error:
            results.append(error)

    async def run() -> None:
        async with client, anyio.create_task_group() as group:
            for number in range(CALLS):
                group.start_soon(call, number)

    anyio.run(run)
    return results


def call_hundred_times(kind: str, registry: str, repos: int = 1) -> list[object]:
    """Make 100 concurrent calls with a new client that uses the stored logins."""
    if kind == "threads":
        with RegistryClientV2(registry=registry) as client:
            return call_in_threads(client, repos)
    return call_in_tasks(AsyncRegistryClientV2(registry=registry), repos)


@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_a_hundred_cold_calls_start_one_helper_and_request_one_token(helper: Helper, kind: str) -> None:
    with EmbeddedRegistry(auth="token", anonymous_pull=False) as registry:
        login = json.dumps({"Username": registry.username, "Secret": registry.password})
        helper.write(f"print({login!r})")
        assert call_hundred_times(kind, registry.url) == [False] * CALLS
        assert helper.starts == 1
        assert count_token_requests(registry) == 1


@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_calls_of_several_repositories_start_one_helper(helper: Helper, kind: str) -> None:
    with EmbeddedRegistry(auth="basic", anonymous_pull=False) as registry:
        helper.write(f"print({json.dumps({'Username': registry.username, 'Secret': registry.password})!r})")
        assert call_hundred_times(kind, registry.url, repos=10) == [False] * CALLS
        assert helper.starts == 1


@pytest.mark.parametrize("kind", ["threads", "tasks"])
@pytest.mark.parametrize("repos", [1, 10])
def test_all_calls_get_the_error_of_the_one_helper(helper: Helper, kind: str, repos: int) -> None:
    helper.write("sys.exit('locked')")
    with EmbeddedRegistry(auth="basic", anonymous_pull=False) as registry:
        results = call_hundred_times(kind, registry.url, repos)
        assert {type(one) for one in results} == {AuthError}
        assert {str(one) for one in results} == {str(results[0])}
        assert helper.starts == 1


@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_a_wrong_password_is_sent_to_the_token_service_once(helper: Helper, kind: str) -> None:
    helper.write("print(json.dumps({'Username': 'me', 'Secret': 'wrong'}))")
    with EmbeddedRegistry(auth="token", anonymous_pull=False) as registry:
        results = call_hundred_times(kind, registry.url)
        assert {type(one).__name__ for one in results} == {"TokenLoginError"}
        assert helper.starts == 1
        assert count_token_requests(registry) == 1


def test_a_call_that_is_slow_to_ask_shares_a_result_that_was_refused_in_the_meantime(monkeypatch: pytest.MonkeyPatch) -> None:
    find, slow = sync_cache.CredentialCache.find, threading.Barrier(2)

    def find_slowly(self: Any, *arguments: Any) -> Any:
        if threading.current_thread() is thread:
            slow.wait(60)  # the call has begun
            slow.wait(60)  # the other call has ended
        return find(self, *arguments)

    monkeypatch.setattr(sync_cache.CredentialCache, "find", find_slowly)
    provider = Provider()
    errors: list[str] = []
    with (
        EmbeddedRegistry(auth="token", anonymous_pull=False) as registry,
        RegistryClientV2(f"{registry.url}/a", credentials=provider) as client,
    ):

        def call() -> None:
            with pytest.raises(TokenLoginError) as caught:
                client.exists("x")
            errors.append(str(caught.value))

        thread = threading.Thread(target=call)
        thread.start()
        slow.wait(60)
        call()
        slow.wait(60)
        thread.join(60)
        assert len(errors) == 2 and errors[0] == errors[1]
        assert (provider.calls, count_token_requests(registry)) == (1, 1)
        call()  # which begins after the refusal
        assert (provider.calls, count_token_requests(registry)) == (2, 2)


class Provider:
    """A provider of the password that is in force, which counts its calls.

    Attributes:
        password: The password.
        calls: The number of calls.
        during: A function that is called during each call.
    """

    def __init__(self, during: Callable[[], object] = lambda: None) -> None:
        self.password = "one"
        self.calls = 0
        self.during = during

    def get_credential(self, registry: str, repo: str | None, /) -> Credential:
        """Return the credential, and count the call."""
        self.calls += 1
        self.during()
        return Credential("me", self.password)


def answer_403(handler: Handler, accepted: list[str]) -> None:
    """Answer as ECR: 403 to a password that has expired."""
    shown = handler.headers.get("Authorization")
    if shown is None:
        handler.reply(401, WWW_Authenticate='Basic realm="x"')
    elif shown == basic_authorization("me", accepted[0]):
        handler.reply(404)
    else:
        handler.reply(403)


@pytest.fixture
def accepted() -> list[str]:
    return ["one"]


@pytest.fixture
def ecr(accepted: list[str]) -> Iterator[Loopback]:
    with run_loopback(lambda handler: answer_403(handler, accepted)) as loopback:
        yield loopback


def test_after_a_refusal_a_hundred_threads_ask_once(ecr: Loopback, accepted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_cache, "MAX_WAIT_FOR_PROVIDER_SECONDS", 120.0)
    asking: set[int] = set()
    find = sync_cache.CredentialCache.find

    def find_and_count(self: Any, *arguments: Any) -> Any:
        asking.add(threading.get_ident())
        return find(self, *arguments)

    def wait_for_all_calls() -> None:
        """Answer when each call has begun: a call that begins later may ask once more."""
        for _ in range(6000):
            if provider.calls == 1 or len(asking) >= CALLS:
                return
            time.sleep(0.01)

    monkeypatch.setattr(sync_cache.CredentialCache, "find", find_and_count)
    provider = Provider(wait_for_all_calls)
    with RegistryClientV2(f"{ecr.url}/a0", credentials=provider, max_retries=0) as client:
        assert not client.exists("x")
        accepted[0] = provider.password = "two"
        asking.clear()
        assert call_in_threads(client) == [False] * CALLS
        assert provider.calls == 2
        accepted[0] = "three"  # which the provider does not have
        asking.clear()
        assert {type(one) for one in call_in_threads(client)} == {ForbiddenError}
        assert provider.calls == 3


def test_after_a_refusal_a_hundred_tasks_ask_once(ecr: Loopback, accepted: list[str]) -> None:
    provider = Provider()
    with RegistryClientV2(f"{ecr.url}/a0", credentials=provider, max_retries=0) as warm:
        warm.exists("x")

    async def run() -> None:
        async with AsyncRegistryClientV2(f"{ecr.url}/a0", credentials=provider, max_retries=0) as client:
            assert not await client.exists("x")
            accepted[0] = provider.password = "two"
            async with anyio.create_task_group() as group:
                for _ in range(CALLS):
                    group.start_soon(client.exists, "x")

    anyio.run(run)
    assert provider.calls == 3


def test_a_cancelled_task_does_not_cancel_those_that_wait_for_its_result(ecr: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    started = anyio.Event()
    calls = asking = 0
    find = async_cache.AsyncCredentialCache.find

    async def find_and_count(self: Any, *arguments: Any) -> Any:
        nonlocal asking
        asking += 1
        return await find(self, *arguments)

    monkeypatch.setattr(async_cache.AsyncCredentialCache, "find", find_and_count)

    class Slow:
        async def get_credential(self, registry: str, repo: str | None, /) -> Credential:
            nonlocal calls
            calls += 1
            if calls == 1:
                started.set()
                await anyio.sleep_forever()
            return Credential("me", "one")

    async def run() -> None:
        results: list[bool] = []
        async with AsyncRegistryClientV2(f"{ecr.url}/a0", credentials=Slow(), max_retries=0) as client:

            async def call() -> None:
                results.append(await client.exists("x"))

            async with anyio.create_task_group() as group, anyio.create_task_group() as first:
                first.start_soon(call)
                await started.wait()
                for _ in range(10):
                    group.start_soon(call)
                while asking < 11:
                    await anyio.sleep(0.01)
                first.cancel_scope.cancel()
        assert results == [False] * 10

    anyio.run(run)
    assert calls == 2


def test_a_provider_may_wait_for_a_thread_that_uses_its_client(ecr: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_cache, "MAX_WAIT_FOR_PROVIDER_SECONDS", 0.2)
    found: list[bool] = []

    def use_client_elsewhere() -> None:
        if provider.calls == 1:
            thread = threading.Thread(target=lambda: found.append(client.exists("x")), daemon=True)
            thread.start()
            thread.join(20)
            assert not thread.is_alive(), "the provider is called under a lock"

    provider = Provider(use_client_elsewhere)
    with RegistryClientV2(f"{ecr.url}/a0", credentials=provider, max_retries=0) as client:
        assert not client.exists("x")
    assert (found, provider.calls) == ([False], 2)


def test_a_provider_may_wait_for_a_task_that_uses_its_client(ecr: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(async_cache, "MAX_WAIT_FOR_PROVIDER_SECONDS", 1.0)
    calls = 0

    async def run() -> None:
        nonlocal calls
        release = anyio.Event()

        class Waiting:
            async def get_credential(self, registry: str, repo: str | None, /) -> Credential:
                nonlocal calls
                calls += 1
                if calls == 1:
                    with anyio.fail_after(20):
                        await release.wait()
                return Credential("me", "one")

        async with AsyncRegistryClientV2(f"{ecr.url}/a0", credentials=Waiting(), max_retries=0) as client:

            async def call() -> None:
                assert not await client.exists("x")
                release.set()  # by the call that did not ask first

            async with anyio.create_task_group() as group:
                group.start_soon(call)
                group.start_soon(call)

    anyio.run(run)
    assert calls == 2
