"""URLs that let their bearer have one layer for a while, as those of a storage behind a registry do."""

import hashlib
import hmac
import secrets
import time

LIFETIME = 60
"""How many seconds a URL is good for."""

PATH = "/_layers/{img_id}"

_KEY = secrets.token_bytes(32)  # all registries of this process serve each other's URLs


def sign(image_id: str) -> str:
    """Make a URL for the layer of an image.

    Args:
        image_id: The image.

    Returns:
        The URL without scheme and host.
    """
    expires = str(int(time.time()) + LIFETIME)
    return f"{PATH.format(img_id=image_id)}?Expires={expires}&Signature={_signature(image_id, expires)}"


def is_good(image_id: str, expires: str, signature: str) -> bool:
    """Say whether a URL was made by `sign` and has not expired.

    Args:
        image_id: The image in its path.
        expires: What its query says.
        signature: What its query says.
    """
    genuine = hmac.compare_digest(_signature(image_id, expires).encode(), signature.encode())
    return genuine and int(expires) >= time.time()


def _signature(image_id: str, expires: str) -> str:
    return hmac.new(_KEY, f"{image_id}\n{expires}".encode(), hashlib.sha256).hexdigest()
