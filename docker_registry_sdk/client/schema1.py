"""The payload of Docker's schema 1 manifests (the bytes that digest and signatures cover), and a check of the signatures.

Source: https://distribution.github.io/distribution/spec/deprecated-schema-v1/ and RFC 7515.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Literal, NoReturn, TypeAlias

from ..errors import ParseError

Signature: TypeAlias = Literal["unsigned", "unchecked", "verified"]

_MODEL = "DockerSchema1Manifest"
_CURVES = {"P-256": ("ES256", 32), "P-384": ("ES384", 48), "P-521": ("ES512", 66)}
# The server chooses the number of signatures, and each one takes time to verify. Docker writes one signature.
MAX_SIGNATURES = 16


def signed_payload(raw: bytes, document: Any) -> bytes:
    """Return the payload of a schema 1 manifest: the bytes that the manifest's digest and signatures cover.

    The payload of an unsigned manifest is the whole manifest. The payload of a signed manifest must have all fields of the
    manifest except `signatures`, since neither the digest nor the signatures protect a field outside the payload.

    Args:
        raw: The manifest's bytes.
        document: The manifest as parsed JSON.

    Raises:
        ParseError: The signatures are malformed, cover different payloads, or cover other fields than the manifest has.
    """
    formats = {_format(protected, len(raw)) for protected in _protected_headers(document)}
    if not formats:
        return raw  # unsigned
    if len(formats) > 1:
        _fail("cover different payloads", "signatures")
    length, tail = formats.pop()
    payload = raw[:length] + tail
    try:
        covered = json.loads(payload)
    except (ValueError, RecursionError):
        covered = None
    if covered != {name: value for name, value in document.items() if name != "signatures"}:
        _fail("cover other fields than the fields of the manifest", "signatures")
    return payload


def check_signatures(raw: bytes, document: Any) -> Signature:
    """Verify the signatures of a schema 1 manifest, if the package extra `schema1` is installed, and return the result.

    Each signature contains the public key that verifies the signature. So a valid signature proves that the manifest is intact,
    but not who signed the manifest.

    Args:
        raw: The manifest's bytes.
        document: The manifest as parsed JSON.

    Returns:
        `verified` if all signatures are valid, `unchecked` if the extra `schema1` is not installed, or `unsigned` if there are no
        signatures.

    Raises:
        ParseError: A signature is invalid, or its key or algorithm is not supported.
    """
    signatures = _signatures(document)
    if not signatures:
        return "unsigned"
    try:
        import cryptography.exceptions
    except ImportError:
        return "unchecked"
    payload = _encode(signed_payload(raw, document))
    for number, signature in enumerate(signatures):
        try:
            _verify(signature, payload)
        except (KeyError, TypeError, ValueError, AttributeError, cryptography.exceptions.InvalidSignature):
            _fail("is invalid, or its key or algorithm is not supported", f"signatures[{number}]")
    return "verified"


def _verify(signature: Any, payload: str) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

    header, key = signature["header"], signature["header"]["jwk"]
    signed = f"{signature['protected']}.{payload}".encode()
    value = _decode(signature["signature"])
    if key["kty"] == "EC":
        algorithm, length = _CURVES[key["crv"]]
        if header["alg"] != algorithm or len(value) != 2 * length:
            raise ValueError("the algorithm of the signature, or its length, does not match the key's curve")
        curve: ec.EllipticCurve = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}[key["crv"]]
        hashed: HashAlgorithm = {"ES256": SHA256(), "ES384": SHA384(), "ES512": SHA512()}[algorithm]
        x, y = (int.from_bytes(_decode(key[name]), "big") for name in ("x", "y"))
        der = utils.encode_dss_signature(int.from_bytes(value[:length], "big"), int.from_bytes(value[length:], "big"))
        ec.EllipticCurvePublicNumbers(x, y, curve).public_key().verify(der, signed, ec.ECDSA(hashed))
    elif key["kty"] == "RSA" and header["alg"] == "RS256":
        exponent, modulus = (int.from_bytes(_decode(key[name]), "big") for name in ("e", "n"))
        rsa.RSAPublicNumbers(exponent, modulus).public_key().verify(value, signed, padding.PKCS1v15(), SHA256())
    else:
        raise ValueError("the algorithm of the signature is not supported")


def _signatures(document: Any) -> list[Any]:
    signatures = document.get("signatures")
    if signatures is None:
        return []
    if not isinstance(signatures, list):
        _fail("should be a list", "signatures")
    if len(signatures) > MAX_SIGNATURES:
        _fail(f"have more than {MAX_SIGNATURES} entries", "signatures")
    return signatures


def _protected_headers(document: Any) -> list[Any]:
    try:
        return [json.loads(_decode(signature["protected"])) for signature in _signatures(document)]
    except (KeyError, TypeError, ValueError, RecursionError):
        _fail("have a malformed protected header", "signatures")


def _format(protected: Any, max_length: int) -> tuple[int, bytes]:
    """Return formatLength and formatTail from the protected header of a signature.

    The payload is the first `formatLength` bytes of the manifest, followed by the bytes of `formatTail`.

    Args:
        protected: The protected header, as parsed JSON.
        max_length: The length of the manifest in bytes.
    """
    try:
        length, tail = protected["formatLength"], _decode(protected["formatTail"])
    except (KeyError, TypeError, ValueError):
        _fail("have no valid formatLength or formatTail", "signatures")
    if not isinstance(length, int) or isinstance(length, bool) or not 0 <= length <= max_length:
        _fail("have a formatLength that is not a number from 0 to the length of the manifest", "signatures")
    return length, tail


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("the base64 text is malformed") from error


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _fail(problem: str, field: str) -> NoReturn:
    raise ParseError(model=_MODEL, field=field, problem=problem)
