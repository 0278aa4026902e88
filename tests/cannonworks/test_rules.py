"""The rules as a lawyer reads them, and the digest by which staff approve them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cannonworks import rules
from cannonworks.datamap import Category
from cannonworks.rules import AGES, RULES, WARNING_DAYS, Term, digest_of


@pytest.mark.clause("1", "2", "5.1", "5.2", "5.3", "5.4", "5.5")
def test_the_rules_are_those_of_the_agreement():
    with_the_account = ("account", "relations", "employees", "documents", "usage", "requests")
    assert [(r.name, r.clause, r.state, r.counted_from, r.keep, r.erase, tuple(r.categories)) for r in RULES] == [
        ("trial", "2", "trial", "trial_ends_on", None, None, with_the_account),
        ("active", "5.1", "active", "signed_up_on", None, None, with_the_account),
        ("lapsed", "5.3", "lapsed", "trial_ends_on", Term(months=6), Term(years=2), with_the_account),
        ("cancelled", "5.4", "cancelled", "cancelled_on", Term(years=2), Term(years=2), with_the_account),
        ("letter", "5.5", "", "ordered_on", Term(), Term(), with_the_account),
        ("bookkeeping", "5", "", "next_year_on", Term(years=7), Term(years=7), ("bookkeeping",)),
        ("evidence", "5", "", "erased_on", Term(years=5), Term(years=5), ("evidence",)),
        ("issued document", "5.2", "", "next_year_on", Term(years=7), None, ("documents",)),
    ]
    assert WARNING_DAYS == (90, 30, 7)


@pytest.mark.clause("1", "2", "3", "4", "6", "13", "17", "19")
def test_what_goes_by_itself_goes_when_we_say():
    assert [(age.model, age.counted_from, age.keep, age.clause) for age in AGES] == [
        ("accounts.UsageEvent", "at", Term(months=12), "17"),
        ("accounts.Session", "expire_date", Term(days=1), "19"),
        ("accounts.DeviceToken", "expiry", Term(days=1), "1"),
        ("accounts.Invitation", "expires_at", Term(days=30), "1"),
        ("accounts.NewsletterMail", "newsletter__finished_at", Term(days=90), "2"),
        ("finance.ShareLink", "expires_at", Term(days=90), "3"),
        ("relations.Import", "moved_at", Term(days=7), "4"),
        ("rights.SubjectRequest", "closed_at", Term(years=1), "15"),
        ("rights.Correction", "ended_at", Term(years=1), "16"),
        ("breaches.Consultation", "opened_at", Term(years=5), "13"),
        ("breaches.Meeting", "ends_at", Term(years=5), "13"),
        ("breaches.BreachReport", "judged_at", Term(years=5), "13"),
        ("audits.AuditFile", "audit__closed_at", Term(years=5), "12"),
        ("audits.Audit", "closed_at", Term(years=5), "12"),
        ("processors.ExtractFile", "made_at", Term(days=30), "8"),
        ("processors.Objection", "answered_at", Term(years=5), "9"),
        ("accounts.PlannedMail", "planned_at", Term(years=1), "15"),
        ("retention.StatementMail", "made_on", Term(days=14), "6"),
    ]


def test_every_category_has_a_rule():
    assert {category for rule in RULES for category in rule.categories} == set(Category)


@pytest.mark.parametrize(
    ("term", "start", "end"),
    [
        (Term(months=6), date(2026, 8, 31), date(2027, 2, 28)),
        (Term(months=6), date(2027, 8, 31), date(2028, 2, 29)),
        (Term(years=2), date(2024, 2, 29), date(2026, 2, 28)),
        (Term(years=4), date(2024, 2, 29), date(2028, 2, 29)),
        (Term(years=2), date(2026, 2, 28), date(2028, 2, 28)),
        (Term(months=1), date(2026, 1, 31), date(2026, 2, 28)),
        (Term(), date(2026, 1, 31), date(2026, 1, 31)),
    ],
)
def test_terms_end_on_the_same_number_or_on_the_last_of_the_month(term, start, end):
    assert term.after(start) == end


@pytest.mark.clause("1", "5.2")
@pytest.mark.parametrize("name", ["bookkeeping", "issued document"])
@pytest.mark.parametrize("recorded_on", [date(2024, 1, 1), date(2024, 2, 29), date(2024, 12, 31)])
def test_a_record_of_2024_is_kept_through_2031(name, recorded_on):
    assert rules.kept_through_years(name, recorded_on) == date(2032, 1, 1)


def test_the_digest_changes_with_a_term_and_not_with_words():
    digest = digest_of(RULES, WARNING_DAYS, AGES)
    other_words = tuple(replace(rule, why="because") for rule in RULES)
    assert digest == digest_of(other_words, WARNING_DAYS, AGES) == rules.digest()
    for n, rule in enumerate(RULES):
        for change in (
            {"erase": Term(days=1)},
            {"keep": Term(days=1)},
            {"counted_from": "x"},
            {"clause": "99"},
            {"state": "x"},
        ):
            assert digest_of((*RULES[:n], replace(rule, **change), *RULES[n + 1 :]), WARNING_DAYS, AGES) != digest
    assert digest_of(RULES[1:], WARNING_DAYS, AGES) != digest
    assert digest_of(RULES, (90, 30), AGES) != digest


@pytest.mark.clause("5", "17")
def test_the_digest_changes_with_a_rule_of_age_and_not_with_its_words():
    digest = rules.digest()
    assert digest_of(RULES, WARNING_DAYS, tuple(replace(age, since="then") for age in AGES)) == digest
    assert digest_of(RULES, WARNING_DAYS, AGES[1:]) != digest
    for n, age in enumerate(AGES):
        for change in (
            {"keep": Term(days=2)},
            {"counted_from": "x"},
            {"clause": "99"},
            {"model": "x"},
            {"only": {"state": "x"}},
        ):
            assert digest_of(RULES, WARNING_DAYS, (*AGES[:n], replace(age, **change), *AGES[n + 1 :])) != digest


@pytest.mark.clause("17")
@pytest.mark.parametrize(
    ("on", "last"),
    [
        (date(2026, 11, 22), date(2025, 11, 22)),
        (date(2029, 2, 27), date(2028, 2, 27)),
        (date(2029, 2, 28), date(2028, 2, 29)),  # twelve months after the 29th are over on the 28th
        (date(2029, 3, 1), date(2028, 3, 1)),
        (date(2028, 2, 29), date(2027, 2, 28)),
    ],
)
def test_a_term_knows_the_last_day_of_which_it_is_over(on, last):
    term = Term(months=12)
    assert term.over_on(on) == last
    assert term.after(last) <= on < term.after(last + timedelta(days=1))


def test_a_rule_without_its_date_is_an_error():
    with pytest.raises(ValueError, match="'cancelled' needs cancelled_on"):
        rules.rule("cancelled").window({"cancelled_on": None})


def test_the_holders_letter_comes_before_the_rule_of_the_state():
    dates = {"ordered_on": date(2026, 1, 1)}
    assert {rules.rule_for(state, dates).name for state in ("trial", "lapsed", "cancelled")} == {"letter"}
    assert {rules.rule_for(state, {"ordered_on": None}).name for state in ("trial", "lapsed", "cancelled", "active")} == {
        "trial", "lapsed", "cancelled", "active",
    }  # fmt: skip


def test_a_tombstone_knows_under_which_rule_it_went():
    day = date(2026, 1, 1)
    assert rules.rule_for_tombstone({"ordered_on": day, "cancelled_on": day}).name == "letter"
    assert rules.rule_for_tombstone({"ordered_on": None, "cancelled_on": day}).name == "cancelled"
    assert rules.rule_for_tombstone({"ordered_on": None, "cancelled_on": None}).name == "lapsed"


def test_terms_are_read_aloud_in_both_languages():
    from django.utils.translation import override

    with override("en"):
        assert [str(term) for term in (Term(years=2), Term(months=6), Term(years=1, days=1), Term())] == [
            "2 years", "6 months", "1 year 1 day", "at once",
        ]  # fmt: skip
