"""Schema 1 manifests with signatures in the form of Docker."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

CURVES: dict[str, tuple[ec.EllipticCurve, str, int, hashes.HashAlgorithm]] = {
    "P-256": (ec.SECP256R1(), "ES256", 32, hashes.SHA256()),
    "P-384": (ec.SECP384R1(), "ES384", 48, hashes.SHA384()),
    "P-521": (ec.SECP521R1(), "ES512", 66, hashes.SHA512()),
}


def payload_of(layer: str = "sha256:" + "a" * 64, **fields: Any) -> bytes:
    """Return an unsigned schema 1 manifest."""
    document = {
        "schemaVersion": 1,
        "name": "tests/odd",
        "tag": "v1",
        "architecture": "amd64",
        "fsLayers": [{"blobSum": layer}],
        "history": [{"v1Compatibility": "{}"}],
        **fields,
    }
    return json.dumps(document, indent=3).encode()


def encode(content: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def protected(payload: bytes, **fields: Any) -> str:
    """Return the protected header for a payload whose last line is a closing brace."""
    return encode(json.dumps({"formatLength": len(payload) - 2, "formatTail": encode(b"\n}"), **fields}).encode())


def signature_of(payload: bytes, header: str, curve: str = "P-256") -> dict[str, Any]:
    """Return a signature with a new key of an elliptic curve."""
    kind, algorithm, length, hashed = CURVES[curve]
    key = ec.generate_private_key(kind)
    r, s = utils.decode_dss_signature(key.sign(f"{header}.{encode(payload)}".encode(), ec.ECDSA(hashed)))
    numbers = key.public_key().public_numbers()
    x, y = (encode(number.to_bytes(length, "big")) for number in (numbers.x, numbers.y))
    return {
        "header": {"jwk": {"crv": curve, "kid": "x", "kty": "EC", "x": x, "y": y}, "alg": algorithm},
        "signature": encode(r.to_bytes(length, "big") + s.to_bytes(length, "big")),
        "protected": header,
    }


def rsa_signature_of(payload: bytes, header: str) -> dict[str, Any]:
    """Return a signature with a new RSA key."""
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "RSA", "e": encode(b"\x01\x00\x01"), "n": encode(numbers.n.to_bytes(256, "big"))}
    signed = key.sign(f"{header}.{encode(payload)}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return {"header": {"jwk": jwk, "alg": "RS256"}, "signature": encode(signed), "protected": header}


def assemble(payload: bytes, *signatures: Any, middle: bytes = b"") -> bytes:
    """Return a manifest with signatures in the place where Docker writes them.

    Args:
        payload: The manifest without signatures.
        signatures: The signatures.
        middle: Bytes that an attacker inserts before the signatures.
    """
    return payload[:-2] + middle + b',\n   "signatures": ' + json.dumps(list(signatures)).encode() + b"\n}"


def sign(payload: bytes, curve: str = "P-256") -> bytes:
    """Return a manifest with one valid signature."""
    return assemble(payload, signature_of(payload, protected(payload), curve))
