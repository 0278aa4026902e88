"""What users of a blocked account still reach (§15): the open request, what fulfilling it needs, and the way out.

Apps say which of their pages and endpoints those are, when they start; what nobody names is shut. Public pages stay as
public as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import ResolverMatch

#: Whether the page with these arguments in its address is needed by the account.
Needed = Callable[[Any, Mapping[str, Any]], bool]
_open: dict[str, Needed] = {}


def _always(_account: Any, _arguments: Mapping[str, Any]) -> bool:
    return True


def stays_open(*names: str, when: Needed = _always) -> None:
    """Let users of a blocked account reach the routes of these names, of the API too, ``when`` they need them."""
    _open.update(dict.fromkeys(names, when))


def may_pass(user: Any, match: ResolverMatch | None) -> bool:
    """Whether this user may reach what an address leads to: everything, unless their account is blocked."""
    account = getattr(user, "account", None)
    if account is None or account.blocked_at is None:
        return True
    needed = _open.get(match.view_name) if match is not None else None
    return needed is not None and needed(account, match.kwargs)  # type: ignore[union-attr]
