"""The product's own secrets: from the environment, or made once for a machine of one's own."""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

NAMES = ("SECRET_KEY", "KEY_ENCRYPTION_KEYS", "LOOKUP_KEY", "STATEMENT_SIGNING_KEY")


def load(folder: Path | None) -> dict[str, str]:
    """Return every secret by name, from the environment or the file that ``NAME_FILE`` names there.

    What is given in neither comes from ``folder``, made on first use; that is None in production: a missing secret is
    then an error, never a default. Raises ImproperlyConfigured, and never repeats a secret.
    """
    given = {name: value for name in NAMES if (value := _given(name))}
    if len(given) == len(NAMES):
        return given
    if folder is None:
        missing = ", ".join(name for name in NAMES if name not in given)
        raise ImproperlyConfigured(f"Not set: {missing}. Set them in the environment; see docs/operations.md.")
    return {**_made_once(folder / "secrets.json"), **given}


def _given(name: str) -> str:
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    return _read(path, name=f"{name}_FILE") if path else value


def _read(path: str, *, name: str) -> str:
    """What is in a file that nobody but its owner can read."""
    try:
        with open(path) as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & 0o077:
                raise ImproperlyConfigured(f"{name}: others can read {path}; chmod 600 it.")
            text = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ImproperlyConfigured(f"{name}: {path} cannot be read: {why}.") from None
    if not text:
        raise ImproperlyConfigured(f"{name}: {path} is empty.")
    return text


def backup_pair(folder: Path | None) -> tuple[str, str]:
    """(public keys to which backups are encrypted, file with a secret key or nothing), from the environment.

    Without BACKUP_RECIPIENTS the pair comes from ``folder``, made on first use; that is None in production, and it is
    an error there: ImproperlyConfigured. The file with the secret key is only named, never read here.
    """
    recipients, identity = os.environ.get("BACKUP_RECIPIENTS", "").strip(), os.environ.get("BACKUP_IDENTITY", "")
    if recipients:
        return recipients, identity
    if folder is None:
        raise ImproperlyConfigured(
            "Not set: BACKUP_RECIPIENTS. Set it to the public keys of backups; see docs/operations.md."
        )
    path = folder / "backup-identity.txt"
    if not path.exists():
        _put_once(path, "# public key: {}\n{}\n".format(*new_identity()))  # as age-keygen writes it
    public = path.read_text().split("# public key: ", 1)[1].split()[0]
    return public, identity or str(path)


def new_identity() -> tuple[str, str]:
    """A new pair of age: (public key, secret key)."""
    from pyrage.x25519 import Identity  # once on a machine of one's own; in production never

    made = Identity.generate()
    return str(made.to_public()), str(made)


def generate() -> dict[str, str]:
    """New random secrets, in the form the settings take."""
    return {
        "SECRET_KEY": get_random_secret_key(),
        "KEY_ENCRYPTION_KEYS": f"local-1:{_random_key()}",
        "LOOKUP_KEY": f"local-1:{_random_key()}",
        "STATEMENT_SIGNING_KEY": _random_key(),
    }


def _random_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def _made_once(path: Path) -> dict[str, str]:
    _put_once(path, json.dumps(generate()))
    return json.loads(path.read_text())


def _put_once(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        os.link(draft, path)  # of two first users exactly one wins, and both read the same file
    except FileExistsError:
        pass
    finally:
        draft.unlink()


if __name__ == "__main__":  # lines for an .env file or a shell; no value holds a quote
    pair = new_identity()
    for name, value in {**generate(), "BACKUP_RECIPIENTS": pair[0]}.items():
        print(f"{name}='{value}'")
    print(f"The secret key of BACKUP_RECIPIENTS, for a file on another machine: {pair[1]}", file=sys.stderr)
