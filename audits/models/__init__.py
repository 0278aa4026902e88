"""Measures, what was found about them, and what was done (§7)."""

from audits.models.measures import Finding, Improvement, Measure, MeasureState, Origin, Review, Severity

__all__ = ["Finding", "Improvement", "Measure", "MeasureState", "Origin", "Review", "Severity"]
