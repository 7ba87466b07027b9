"""Connection errors are recognized by their causes."""

from __future__ import annotations

import ssl

import httpx

from docker_registry_sdk._core.wire import is_untrusted


def test_an_untrusted_certificate_is_found_among_the_causes() -> None:
    error, context = httpx.ConnectError("no"), OSError("no")
    error.__cause__, context.__context__ = context, ssl.SSLCertVerificationError("no")
    assert is_untrusted(error)
    assert not is_untrusted(httpx.ConnectError("no"))


def test_a_cycle_of_causes_is_searched_once() -> None:
    one, two, three = httpx.ConnectError("one"), OSError("two"), OSError("three")
    one.__cause__, two.__cause__, three.__cause__ = two, three, two
    assert not is_untrusted(one)
