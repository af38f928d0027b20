"""Pseudonyms by the definition of HMAC (RFC 2104), over nothing but SHA-256."""

from hashlib import sha256

_BLOCK = 64


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Return the 32 bytes of the code."""
    block = (key if len(key) <= _BLOCK else sha256(key).digest()).ljust(_BLOCK, b"\0")
    inner = sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()


def pseudonym(customer: str | int, key: str) -> str:
    """Return 32 hexadecimal digits."""
    message = b"ecommerce-analytics customer 1\0" + str(customer).encode()
    return hmac_sha256(key.encode(), message)[:16].hex()


def key_check(key: str) -> str:
    """Return 8 hexadecimal digits."""
    return hmac_sha256(key.encode(), b"ecommerce-analytics key check 1\0")[:4].hex()
