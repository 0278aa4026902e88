"""Measures, what was found about them and what was done (§7), and tests by account holders (§12)."""

from audits.models.audits import Audit, AuditFile, AuditKind, Auditor, Channel, FileKind, Proposal, Qualification
from audits.models.measures import Finding, Improvement, Measure, MeasureState, Origin, Review, Severity

__all__ = [
    "Audit", "AuditFile", "AuditKind", "Auditor", "Channel", "FileKind", "Finding", "Improvement", "Measure",
    "MeasureState", "Origin", "Proposal", "Qualification", "Review", "Severity",
]  # fmt: skip
