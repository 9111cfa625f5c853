"""The key of the hashes that keep erased people out, in a file of its own.

Without it the hashes tell nothing, not even by trying every address there is: so it
stands beside the registry and not in it, and a backup of the one is no backup of the
other.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from regpipe.engine.protocol import Engine
from regpipe.errors import RegistryError
from regpipe.registry.files import write_owner_only

LENGTH = 32
"""Bytes of a key."""

_APART = "\x1f"


@dataclass(frozen=True)
class ErasureKey:
    """A secret of ``LENGTH`` bytes, and what is hashed with it."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Give what the registry knows the key by; it does not tell the key."""
        return self.hash("key")[:16]

    def hash(self, kind: str, *parts: str) -> str:
        """Give the keyed hash of an identifier: 64 hexadecimal digits."""
        message = _APART.join((kind, *parts)).encode("utf-8", "surrogatepass")
        return hmac.digest(self.secret, message, hashlib.sha256).hex()


def key_path(registry: Path) -> Path:
    """Give the file of the registry's key, the same by whatever link it is reached."""
    registry = registry.resolve()
    return registry.with_name(f"{registry.name}.key")


def read_key(registry: Path) -> ErasureKey | None:
    """Give the key beside the registry; None where there is no such file.

    Raises RegistryError when the file cannot be read or holds no key.
    """
    path = key_path(registry)
    try:
        text = path.read_text("ascii").strip()
        secret = bytes.fromhex(text)
    except FileNotFoundError:
        return None
    except OSError as reason:
        raise RegistryError.at(
            str(path), f"the key of erasures cannot be read: {reason.strerror}"
        ) from reason
    except ValueError:
        secret = b""
    if len(secret) != LENGTH:
        raise RegistryError.at(str(path), "holds no key of erasures", _RESTORE)
    return ErasureKey(secret)


def new_key() -> ErasureKey:
    """Make a key that is nowhere yet."""
    return ErasureKey(secrets.token_bytes(LENGTH))


def keep_key(registry: Path, key: ErasureKey) -> None:
    """Write the key beside the registry, its owner's only; it outlasts a power cut.

    Raises RegistryError when the file cannot be written.
    """
    write_owner_only(key_path(registry), f"{key.secret.hex()}\n".encode())


def key_in_use(engine: Engine, registry: Path) -> ErasureKey | None:
    """Give the key that the registry's hashes were made with; None without any.

    Raises RegistryError when it is missing or another one is in its place: nobody
    could tell then which rows are of people who were erased.
    """
    found = engine.collect("select distinct key_id from registry.erased_identifiers")
    held = set(found["key_id"].to_pylist())
    if not held:
        return None
    key = read_key(registry)
    if key is not None and held == {key.key_id}:
        return key
    what = "is missing" if key is None else "is another than the registry's"
    raise RegistryError.at(
        str(key_path(registry)),
        f"the key of erasures {what}: people who were erased could come back",
        _RESTORE,
    )


_RESTORE = (
    "restore the file from its backup; if it is lost, "
    "'regpipe erasures new-key' says what that means"
)
