"""Keep and open papers of our own house (§7 to §11): taken for what they are, sealed, never changed or taken away."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.files import File

from accounts.models import Paper, PaperKind, User
from cannonworks.encryption import Wrapper, rewrapped, seal_bytes, unseal_bytes, unwrapped
from cannonworks.errors import KeyUnavailable
from cannonworks.uploads import paper


def keep(file: File, *, kind: PaperKind, actor: User, at: datetime, clause: str, for_holders: bool = False) -> Paper:
    """Seal ``file`` in a row of its own. The caller asks whether the actor may, and journals what it is for.

    Refused when it is no PDF, JPEG or PNG, is empty, or is longer than 10 MB.
    """
    content, ending = paper(file, clause=clause)
    row = Paper(
        kind=kind, ending=ending, size=len(content), digest=hashlib.sha256(content).hexdigest(),
        for_holders=for_holders, added_by=actor.reference, added_at=at,
    )  # fmt: skip
    row.key_id, row.wrapped, row.sealed = seal_bytes(content, purpose=_purpose(row))
    row.full_clean()
    row.save(force_insert=True)
    return row


def opened(row: Paper) -> bytes:
    """What is in it. KeyUnavailable when it is damaged, changed or its key is missing."""
    content = unseal_bytes(row.key_id, bytes(row.wrapped), bytes(row.sealed), purpose=_purpose(row))
    if hashlib.sha256(content).hexdigest() != row.digest:
        raise KeyUnavailable("The paper is not what was kept.")
    return content


def data_key(row: Paper, ring: Wrapper) -> bytes:
    """The key under which it is sealed. Raises KeyUnavailable."""
    return unwrapped(ring, row.key_id, bytes(row.wrapped), purpose=_purpose(row))


def wrap(row: Paper, key: bytes, ring: Wrapper) -> None:
    """Wrap its key under the current one; the caller writes ``key_id`` and ``wrapped``."""
    row.key_id, row.wrapped = rewrapped(ring, key, purpose=_purpose(row))


def _purpose(row: Paper) -> str:
    return f"paper:{row.reference}"  # of another row it does not open
