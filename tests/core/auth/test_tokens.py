"""The token store: finding, widening, expiry, and dropping."""

from __future__ import annotations

import gc
import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from docker_registry_sdk._core.auth.scope import ScopeSet
from docker_registry_sdk._core.auth.tokens import EXPIRY_MARGIN_SECONDS, MIN_LIFETIME_SECONDS, TokenStore
from docker_registry_sdk._core.concurrency.waiting import SingleFlightLock

SERVICE = ("https://auth.example.com/token", "reg", "alice")


def scopes(*texts: str) -> ScopeSet:
    """Return a set of scopes."""
    return ScopeSet.parse(texts)


class Clock:
    """A clock that tests set."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> TokenStore:
    return TokenStore(SingleFlightLock, clock)


def found(store: TokenStore, scope: str = "repository:a:pull", service: tuple[str, str, str] = SERVICE) -> str | None:
    """Return the token that the store finds for a scope, or None."""
    token = store.find(service, scopes(scope))
    return token.value if token else None


def test_a_token_is_found_for_each_scope_that_it_allows(store: TokenStore) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull,push"), 300)
    assert found(store) == "t"
    assert found(store, "repository:a:delete") is None


@pytest.mark.parametrize("other", [0, 1, 2])
def test_a_token_of_another_realm_service_or_identity_is_not_found(store: TokenStore, other: int) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull"), 300)
    service = [*SERVICE]
    service[other] = "other"
    assert found(store, service=(service[0], service[1], service[2])) is None


def test_a_token_is_not_used_shortly_before_it_expires(store: TokenStore, clock: Clock) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull"), 300)
    clock.now = 300 - EXPIRY_MARGIN_SECONDS - 0.1
    assert found(store) == "t"
    clock.now = 300 - EXPIRY_MARGIN_SECONDS
    assert found(store) is None


@pytest.mark.parametrize("lifetime", [None, 0.0, -5.0, 1.0, 59.0, math.nan])
def test_a_missing_or_shorter_lifetime_counts_as_a_minute(store: TokenStore, clock: Clock, lifetime: float | None) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull"), lifetime)
    clock.now = MIN_LIFETIME_SECONDS - EXPIRY_MARGIN_SECONDS - 0.1
    assert found(store) == "t"
    clock.now = MIN_LIFETIME_SECONDS
    assert found(store) is None


def test_a_token_with_five_seconds_left_is_no_longer_used(store: TokenStore, clock: Clock) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull"), 300)
    clock.now = 294.999
    assert found(store) == "t"
    clock.now = 295.0
    assert found(store) is None


def test_a_new_token_is_requested_with_all_actions_of_the_former_one_on_its_resource(store: TokenStore) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull"), 300)
    store.add("u", SERVICE, scopes("repository:b:pull"), 300)
    assert store.widened(SERVICE, scopes("repository:a:push")) == scopes("repository:a:pull,push")


def test_a_wider_token_replaces_narrower_ones(store: TokenStore) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull"), 300)
    store.add("u", SERVICE, scopes("repository:b:pull"), 300)
    store.add("w", SERVICE, scopes("repository:a:pull,push"), 300)
    assert found(store) == "w"
    assert found(store, "repository:b:pull") == "u"
    store.drop("w")
    assert found(store) is None


def test_a_dropped_token_is_not_found(store: TokenStore) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull"), 300)
    store.drop("t")
    assert found(store) is None


def test_expired_tokens_are_removed(store: TokenStore, clock: Clock) -> None:
    for number in range(100):
        store.add(f"t{number}", SERVICE, scopes(f"repository:{number}:pull"), 60)
        clock.now += 30
    assert len(store) <= 3


def test_a_repr_does_not_show_the_token(store: TokenStore) -> None:
    assert "hunter2" not in repr(store.add("hunter2", SERVICE, scopes("repository:a:pull"), 300))


def test_threads_lose_no_token(store: TokenStore) -> None:
    def add(number: int) -> None:
        store.add(f"t{number}", SERVICE, scopes(f"repository:{number}:pull"), 300)
        if number % 2:
            store.drop(f"t{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(400)))
    assert [found(store, f"repository:{number}:pull") for number in range(400)] == [
        None if number % 2 else f"t{number}" for number in range(400)
    ]


def test_the_same_resources_have_the_same_lock(store: TokenStore) -> None:
    held = store.lock(SERVICE, scopes("repository:a:pull"))
    assert store.lock(SERVICE, scopes("repository:a:push")) is held
    assert store.lock(SERVICE, scopes("repository:b:pull")) is not held
    assert store.lock(SERVICE, scopes("repository:a:pull", "repository:b:pull")) is not held
    assert store.lock((*SERVICE[:2], "bob"), scopes("repository:a:pull")) is not held


def test_an_unused_lock_is_removed(store: TokenStore) -> None:
    for number in range(100):
        store.lock(SERVICE, scopes(f"repository:{number}:pull"))
    gc.collect()
    assert len(store._fetching) == 0
