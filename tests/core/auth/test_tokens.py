"""The store of tokens: what is found, what is widened, and what is dropped."""

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
    """A clock that tests move."""

    now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> TokenStore:
    return TokenStore(SingleFlightLock, clock)


def found(store: TokenStore, wanted: str = "repository:a:pull", service: tuple[str, str, str] = SERVICE) -> str | None:
    """Return the token that is found."""
    token = store.find(service, scopes(wanted))
    return token.value if token else None


def test_a_token_is_found_for_what_it_allows_and_less(store: TokenStore) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull,push"), 300)
    assert found(store) == "t"
    assert found(store, "repository:a:delete") is None


@pytest.mark.parametrize("other", [0, 1, 2])
def test_a_token_of_another_realm_service_or_identity_is_not_found(store: TokenStore, other: int) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull"), 300)
    service = [*SERVICE]
    service[other] = "other"
    assert found(store, service=(service[0], service[1], service[2])) is None


def test_a_token_is_not_used_shortly_before_its_end(store: TokenStore, clock: Clock) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull"), 300)
    clock.now = 300 - EXPIRY_MARGIN_SECONDS - 0.1
    assert found(store) == "t"
    clock.now = 300 - EXPIRY_MARGIN_SECONDS
    assert found(store) is None


@pytest.mark.parametrize("lifetime", [None, 0.0, -5.0, 1.0, 59.0, math.nan])
def test_less_than_a_minute_or_nothing_counts_as_a_minute(store: TokenStore, clock: Clock, lifetime: float | None) -> None:
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


def test_a_new_token_is_asked_for_all_that_the_former_allowed_on_the_same_resource(store: TokenStore) -> None:
    store.add("t", SERVICE, scopes("repository:a:pull"), 300)
    store.add("u", SERVICE, scopes("repository:b:pull"), 300)
    assert store.widened(SERVICE, scopes("repository:a:push")) == scopes("repository:a:pull,push")


def test_a_wider_token_takes_the_place_of_narrower_ones(store: TokenStore) -> None:
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


def test_tokens_that_have_ended_are_not_kept(store: TokenStore, clock: Clock) -> None:
    for number in range(100):
        store.add(f"t{number}", SERVICE, scopes(f"repository:{number}:pull"), 60)
        clock.now += 30
    assert len(store) <= 3


def test_a_token_does_not_show_in_a_repr(store: TokenStore) -> None:
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


def test_who_wants_a_token_for_the_same_resources_waits_at_the_same_lock(store: TokenStore) -> None:
    held = store.lock(SERVICE, scopes("repository:a:pull"))
    assert store.lock(SERVICE, scopes("repository:a:push")) is held
    assert store.lock(SERVICE, scopes("repository:b:pull")) is not held
    assert store.lock(SERVICE, scopes("repository:a:pull", "repository:b:pull")) is not held
    assert store.lock((*SERVICE[:2], "bob"), scopes("repository:a:pull")) is not held


def test_a_lock_that_nobody_holds_is_forgotten(store: TokenStore) -> None:
    for number in range(100):
        store.lock(SERVICE, scopes(f"repository:{number}:pull"))
    gc.collect()
    assert len(store._fetching) == 0
