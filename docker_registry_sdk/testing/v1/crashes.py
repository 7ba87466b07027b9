"""The requests that made docker-registry 0.9 fail, and that clients therefore meet a 500 for."""

from docker_registry_sdk.testing.v1.answers import V1Error, WebPageError
from docker_registry_sdk.testing.v1.settings import V1Settings


def crash(settings: V1Settings, message: str) -> V1Error:
    """Return the error for a request that made docker-registry 0.9 fail.

    Args:
        settings: Whether to answer as it did.
        message: What is wrong with the request.

    Returns:
        A 500 with a web page as docker-registry 0.9 answered; or a 400, when that is not wanted.
    """
    return WebPageError(500) if settings.crashes else V1Error(message)
