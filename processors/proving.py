"""Papers of sub-processors, opened: by staff, and proofs of protection outside the EEA by account holders (§9, §11)."""

from __future__ import annotations

from accounts import papers
from accounts.models import Paper, User
from journal import services as journal
from processors.contracting import check_keeps
from processors.models import Agreement, SubProcessor, Transfer


def proof_of(sub_processor: SubProcessor, *, user: User) -> tuple[bytes, str] | None:
    """The proof of what protects data with a company outside the EEA, and its name; journalled (§11).

    None where there is none: within the EEA nothing of that kind is needed.
    """
    found = sub_processor.transfer
    if found is None:
        return None
    content = papers.opened(found.paper)
    journal.record(
        "sub_processor.proven", account=user.account, actor=user, clause="11", sub_processor=sub_processor.reference,
        transfer=found.reference,
    )  # fmt: skip
    return content, found.paper.name


def open_paper(row: Agreement | Transfer, *, actor: User) -> tuple[bytes, str]:
    """A paper of a sub-processor for staff who keep the register, and its name; journalled."""
    check_keeps(actor, "view_subprocessor")
    paper: Paper = row.paper
    content = papers.opened(paper)
    journal.record("sub_processor.opened", actor=actor, clause="9", paper=paper.reference, kind=paper.kind)
    return content, paper.name
