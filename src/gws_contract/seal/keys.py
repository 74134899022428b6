"""Keys for signing bundles: Ed25519, in PEM files, the private one without a passphrase."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PUBLIC = ".pub"
"""What the name of the public key's file has beyond that of the private one."""
_MOST = 100_000
"""Bytes that are read of what may be a key."""


class BadKeyError(Exception):
    """A file holds no key that can be used here, or cannot be read or written; the message is a sentence."""


def new(path: Path) -> Ed25519PublicKey:
    """Write a new private key, readable by its owner only, and its public key beside it. Raises BadKeyError.

    Nothing is ever overwritten.
    """
    key = Ed25519PrivateKey.generate()
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    public = key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    beside = path.with_name(path.name + PUBLIC)
    if os.path.lexists(beside):
        raise BadKeyError(f"{beside} is there already, and a key is not overwritten.")
    _write(path, private, 0o600)
    try:
        _write(beside, public, 0o644)
    except BadKeyError:
        path.unlink()
        raise
    return key.public_key()


def private(path: Path) -> Ed25519PrivateKey:
    """The key of a file with which a bundle can be signed. Raises BadKeyError."""
    data = _read(path)
    try:
        key = serialization.load_pem_private_key(data, None)
    except TypeError as error:
        raise BadKeyError(f"The key {path} has a passphrase; the suite signs with keys that have none.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        what = "holds a public key" if b"-BEGIN PUBLIC KEY-" in data else "holds no private key (PEM)"
        raise BadKeyError(f"The file {path} {what}; gws-contract keygen makes one to sign with.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKeyError(f"The key {path} is not an Ed25519 key; gws-contract keygen makes one.")
    return key


def public(path: Path) -> Ed25519PublicKey:
    """The key of a file with which a signature can be checked. Raises BadKeyError."""
    data = _read(path)
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        if b"PRIVATE KEY-" in data:
            raise BadKeyError(
                f"The file {path} holds a private key, which only its owner needs; a signature is checked with the"
                f" public key beside it, {path.name}{PUBLIC}."
            ) from error
        raise BadKeyError(f"The file {path} holds no public key (PEM).") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadKeyError(f"The key {path} is not an Ed25519 key, which every bundle is signed with.")
    return key


def keyid(key: Ed25519PublicKey) -> str:
    """The name of a key: sha256 in hex, made as TUF and in-toto make it, so that their tools know it by the same."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()
    known = {"keytype": "ed25519", "keyval": {"public": raw}, "scheme": "ed25519"}
    return hashlib.sha256(json.dumps(known, separators=(",", ":"), sort_keys=True).encode("ascii")).hexdigest()


def signed(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether this is the signature of the key's owner under the message."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST)
    except OSError as error:
        raise BadKeyError(f"The key {path} cannot be read: {error.strerror}.") from error


def _write(path: Path, data: bytes, mode: int) -> None:
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise BadKeyError(f"{path} is there already, and a key is not overwritten.") from error
    except OSError as error:
        raise BadKeyError(f"The key {path} cannot be written: {error.strerror}.") from error
    with os.fdopen(number, "wb") as file:
        file.write(data)
