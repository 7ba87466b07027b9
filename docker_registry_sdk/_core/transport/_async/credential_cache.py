"""The credentials of a registry, which are looked up once for all concurrent calls, and kept until they are refused."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable
from copy import copy
from typing import Any, Literal
from weakref import WeakValueDictionary

from ....credentials import AsyncCredentialProvider, Credential, CredentialProvider
from ....credentials.locations import ConfigFileProvider
from ....errors import AuthError
from ...auth.effects import HeldCredential
from ...concurrency.forks import reset_after_fork
from ...concurrency.waiting import AsyncSingleFlightLock, async_time_limit
from ...text.redaction import one_line
from ...wire import Deadline

_log = logging.getLogger("docker_registry_sdk._core.transport")

# A provider of the caller may itself wait for another call of the client. So nobody waits for a provider longer than this time.
MAX_WAIT_FOR_PROVIDER_SECONDS = 10.0


class AsyncCredentialCache:
    """The credentials of one registry.

    Of the calls that need the same credential at the same time, one asks the provider, and the others wait for its result or its
    exception. If that call is cancelled, one of the others asks the provider. No lock is held for a provider that calls this
    client in turn: a call that the provider makes asks the provider itself, and so does each call that has waited for
    `MAX_WAIT_FOR_PROVIDER_SECONDS`.

    Args:
        provider: The source of credentials.
        registry: The name of the registry (`Index.name`).

    Attributes:
        searches: The number of searches that have ended. A call remembers the number at its start: it shares the result and
            the exception of each search that ends after that.
    """

    def __init__(self, provider: CredentialProvider | AsyncCredentialProvider, registry: str) -> None:
        self.searches = 0
        self._provider = provider
        self._registry = registry
        self._held: dict[str | None, HeldCredential] = {}
        self._of_all_repos: HeldCredential | None = None
        self._failures: dict[str | None, tuple[int, Exception]] = {}
        self._failure_of_all_repos: tuple[int, Exception] | None = None
        self.after_fork()
        reset_after_fork(self)

    def after_fork(self) -> None:
        """Replace the locks in a child process, where the threads that hold the locks do not exist. The credentials stay."""
        self._mutex = threading.Lock()
        self._locks: WeakValueDictionary[str | None, AsyncSingleFlightLock] = WeakValueDictionary()

    async def find(self, repo: str | None, since: int, deadline: Deadline | None) -> HeldCredential:
        """Return the credential for a repository. Ask the provider if no credential is held, or the held one was refused.

        A refused credential that was found after the call began is returned again: the provider would give the same one.

        Args:
            repo: The name of the repository; None for the registry as a whole.
            since: The value of `searches` when the call began.
            deadline: The deadline of the call; None for no deadline.

        Raises:
            AuthError: The credential is not available.
            TimeoutError: The deadline passed.
        """
        while (held := self._usable(repo, since)) is None:
            if (failure := self._failure(repo, since)) is not None:
                raise _without_frames(failure)
            lock = self._lock(repo)
            turn = await self._take_turn(lock, lambda: self._is_found(repo, since), deadline)
            try:
                if turn != "done" and not self._is_found(repo, since):
                    return await self._search(repo)
            finally:
                if turn == "first":
                    lock.release()
        return held

    async def _take_turn(
        self, lock: AsyncSingleFlightLock, done: Callable[[], bool], deadline: Deadline | None
    ) -> Literal["first", "done", "late"]:
        """Wait until no other call asks the provider.

        Returns:
            `first` if the lock was acquired, `done` if another call has asked the provider, and `late` if another call has been
            asking the provider for too long.
        """
        limit = None if isinstance(self._provider, ConfigFileProvider) else MAX_WAIT_FOR_PROVIDER_SECONDS
        if deadline is not None:
            limit = deadline.bound(limit)
        try:
            with async_time_limit(limit):
                return "first" if await lock.acquire_unless(done, limit) else "done"
        except TimeoutError:
            if deadline is not None and deadline.has_passed:
                raise
            return "late"

    async def _search(self, repo: str | None) -> HeldCredential:
        try:
            held, by_repo = await self._ask(repo)
        except Exception as error:
            with self._mutex:
                self.searches += 1
                failure = (self.searches, _without_frames(error))
                if isinstance(error, AuthError) and error._of_all_repos:
                    self._failure_of_all_repos = failure
                else:
                    self._failures[repo] = failure
            raise
        source = "none" if held.credential is None else one_line(held.credential.source)
        _log.debug("credential for %s: %s", self._registry if repo is None else f"{self._registry}/{repo}", source)
        for line in held.passed_over:
            _log.debug("passed over: %s", one_line(line))
        with self._mutex:
            self.searches += 1
            held.search = self.searches
            self._failures.pop(repo, None)
            self._failure_of_all_repos = None
            self._held[repo] = held
            self._of_all_repos = None if by_repo else held
        return held

    async def _ask(self, repo: str | None) -> tuple[HeldCredential, bool]:
        """Return the credential of the provider, and whether repositories may have different credentials."""
        provider: Any = self._provider
        found: Any
        if isinstance(self._provider, ConfigFileProvider):
            found = provider.search(self._registry, repo)
            if inspect.isawaitable(found):
                found = await found
            return HeldCredential(found.credential, found.passed_over), found.by_repo
        found = provider.get_credential(self._registry, repo)
        if inspect.isawaitable(found):
            found = await found
        if found is not None and not isinstance(found, Credential):
            raise AuthError(
                f"get_credential must return a Credential or None, not {type(found).__name__}",
                source=f"the provider {type(provider).__name__}",
                hint="Correct the credential provider.",
            )
        return HeldCredential(found), True

    def _usable(self, repo: str | None, since: int) -> HeldCredential | None:
        """Return the credential that is held for a repository; None if no credential is held, or if it was refused and found
        before the call began."""
        held = self._of_all_repos or self._held.get(repo)
        return None if held is None or (held.is_refused and held.search <= since) else held

    def _is_found(self, repo: str | None, since: int) -> bool:
        return self._usable(repo, since) is not None or self._failure(repo, since) is not None

    def _failure(self, repo: str | None, since: int) -> Exception | None:
        """Return the exception of the last search for a repository, if the search ended after the call began."""
        for number, error in filter(None, (self._failure_of_all_repos, self._failures.get(repo))):
            if number > since:
                return error
        return None

    def _lock(self, repo: str | None) -> AsyncSingleFlightLock:
        """Return the lock of a search: files and helpers are searched for one repository at a time, since the result often is
        the credential of all repositories."""
        key = None if isinstance(self._provider, ConfigFileProvider) else repo
        with self._mutex:
            return self._locks.setdefault(key, AsyncSingleFlightLock())


def _without_frames(error: Exception) -> Exception:
    """Return a copy of an exception without its frames, which would keep the variables of the first call alive."""
    try:
        return copy(error)
    except Exception:  # an exception whose constructor has other parameters
        return error
