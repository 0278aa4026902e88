"""The terms: published once, never changed, announced once, and shown until acknowledged, with proof (§21)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from accounts import terms, texts
from accounts.models import Heed, TermsAcknowledgement, TermsVersion
from cannonworks import isolation, rules
from cannonworks.errors import Refused
from journal.models import Entry
from tests.cast import member
from tests.factories import AccountFactory

AT = datetime.fromisoformat("2026-03-01T12:00:00+01:00")
ON = date(2026, 3, 1)
DAY = timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.clause("21")]


@pytest.fixture
def officer(db):
    return member("Privacy officer")


def draft(actor, *, effective_on: date | None = ON, **words: str) -> TermsVersion:
    first = TermsVersion.objects.get(number=1)
    fields = {name: getattr(first, name) for name in TermsVersion.WORDS} | {
        "summary_nl": "Reservekopieën blijven korter.", "summary_en": "Backups are kept shorter.",
    }  # fmt: skip
    return terms.write_draft(fields | {"effective_on": effective_on} | words, actor=actor)


def published(actor, *, effective_on: date = ON, at: datetime = AT, **words: str) -> TermsVersion:
    return terms.publish(draft(actor, effective_on=effective_on, **words), actor, at)


def known(user) -> list[tuple[int, str]]:
    rows = TermsAcknowledgement.objects.filter(user=user.reference).order_by("id")
    return list(rows.values_list("version__number", "kind"))


# --- The version that comes with the product -----------------------------------------------------------------
def test_a_fresh_database_has_terms_from_the_beginning():
    version = TermsVersion.objects.get()
    assert (version.number, version.effective_on, version.published_by) == (1, texts.BEGAN_ON, None)
    assert terms.in_force(date(2000, 1, 1)) == terms.in_force(ON) == version
    assert version.digest == terms.digest_of(version)


def test_migrating_once_more_publishes_nothing(officer):
    published(officer)
    texts.publish_first()
    assert list(TermsVersion.objects.published().values_list("number", flat=True)) == [2, 1]


@pytest.mark.parametrize(("language", "years", "months", "court"), [
    ("nl", "2 jaar", "6 maanden", "rechter in Assen"), ("en", "2 years", "6 months", "court in Assen"),
])  # fmt: skip
@pytest.mark.clause("14", "18", "22")
def test_the_terms_say_the_periods_of_the_rules_and_the_law(language, years, months, court):
    text = texts.render("text", language)
    for said in (years, months, "90, 30", "48", "15", "NEN", "BSN", court, "## 14.", "## 18.", "## 22."):
        assert said in text
    assert len([line for line in text.splitlines() if line.startswith("## ")]) == 22
    assert "{" not in text


def test_another_rule_gives_other_terms(monkeypatch):
    monkeypatch.setattr(rules, "BACKUPS_KEPT", rules.Term(months=17))
    assert "17 maanden" in texts.render("text", "nl")


# --- Publishing ----------------------------------------------------------------------------------------------
def test_a_version_is_published_with_number_and_digest_and_counts_from_its_day(officer):
    version = published(officer, effective_on=ON + DAY)
    assert (version.number, version.published_at, version.published_by) == (2, AT, officer)
    assert version.digest == terms.digest_of(version) != TermsVersion.objects.get(number=1).digest
    assert [terms.in_force(day).number for day in (ON, ON + DAY, ON + 2 * DAY)] == [1, 2, 2]
    told = Entry.objects.filter(event="terms.published").latest("id")
    assert told.facts == {"version": 2, "digest": version.digest, "effective_on": "2026-03-02"}


@pytest.mark.parametrize(("words", "code"), [
    ({"effective_on": ON - DAY}, "in_the_past"), ({"effective_on": None}, "not_whole"),
    ({"text_en": "  "}, "not_whole"), ({"summary_nl": ""}, "not_whole"),
])  # fmt: skip
def test_what_is_not_whole_or_in_the_past_is_not_published(officer, words, code):
    with pytest.raises(Refused) as refused:
        published(officer, **words)
    assert refused.value.code == code
    assert TermsVersion.objects.drafts().count() == 1


def test_no_version_comes_before_the_one_before_it(officer):
    published(officer, effective_on=ON + 30 * DAY)
    with pytest.raises(Refused) as refused:
        published(officer, effective_on=ON + 29 * DAY)
    assert refused.value.code == "before_the_last"
    assert published(officer, effective_on=ON + 30 * DAY).number == 3
    assert terms.in_force(ON + 30 * DAY).number == 3


@pytest.mark.parametrize("who", ["support", "holder"])
def test_only_the_privacy_officer_and_administrators_publish(officer, holder, staff, who):
    row, actor = draft(officer), {"support": member("Support"), "holder": holder}[who]
    for act in (
        lambda: terms.publish(row, actor, AT), lambda: terms.announce(row, actor, AT), lambda: draft(actor),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "no_such_role"
    assert terms.publish(row, staff, AT).number == 2


def test_what_is_published_is_published_once_and_never_changed(officer):
    version = published(officer)
    fields = dict.fromkeys(TermsVersion.WORDS, "Anders") | {"effective_on": ON}
    for act in (
        lambda: terms.publish(version, officer, AT), lambda: terms.write_draft(fields, actor=officer, draft=version),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "published"


@pytest.mark.parametrize("change", [
    "UPDATE accounts_termsversion SET text_nl = 'anders'", "UPDATE accounts_termsversion SET published_at = NULL",
    "UPDATE accounts_termsversion SET effective_on = effective_on + 1", "DELETE FROM accounts_termsversion",
])  # fmt: skip
def test_the_database_itself_refuses_to_change_what_is_published(change):
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


# --- Who knows what ------------------------------------------------------------------------------------------
def test_a_change_is_due_from_its_day_until_it_is_acknowledged(officer, holder):
    terms.accept(terms.in_force(ON), holder, AT)
    version = published(officer, effective_on=ON + DAY)
    assert terms.to_acknowledge(holder, ON) is None
    assert terms.to_acknowledge(holder, ON + DAY) == version
    assert terms.see(version, holder, AT)
    assert terms.to_acknowledge(holder, ON + DAY) == version
    assert terms.acknowledge(version, holder, AT + DAY)
    assert terms.to_acknowledge(holder, ON + DAY) is None
    assert known(holder) == [(1, "accepted"), (2, "seen"), (2, "acknowledged")]


def test_it_is_asked_in_one_query(officer, holder, django_assert_num_queries):
    published(officer)
    with django_assert_num_queries(1):
        assert terms.to_acknowledge(holder, ON) is not None
    with django_assert_num_queries(1):
        terms.in_force(ON)


def test_twice_is_once(holder):
    version = terms.in_force(ON)
    assert [terms.acknowledge(version, holder, AT + n * DAY) for n in range(3)] == [True, False, False]
    row = TermsAcknowledgement.objects.get()
    assert (row.kind, row.at, row.user, row.account) == (Heed.ACKNOWLEDGED, AT, holder.reference, holder.account)
    told = Entry.objects.filter(event="terms.acknowledged").values_list("facts", flat=True)
    assert list(told) == [{"version": 1, "digest": version.digest}]


def test_a_colleague_knows_what_the_account_accepted_and_acknowledges_for_himself(officer, holder, colleague, outsider):
    terms.accept(terms.in_force(ON), holder, AT)
    assert terms.to_acknowledge(colleague, ON) is None
    assert terms.to_acknowledge(outsider, ON) is not None
    version = published(officer)
    terms.acknowledge(version, holder, AT)
    assert terms.to_acknowledge(holder, ON) is None
    assert terms.to_acknowledge(colleague, ON) == version
    assert terms.to_acknowledge(officer, ON) is None


def test_what_is_not_in_force_cannot_be_acknowledged_and_nobody_without_an_account_does(officer, holder):
    version = published(officer, effective_on=ON + DAY)
    with pytest.raises(Refused) as refused:
        terms.acknowledge(version, holder, AT)
    assert refused.value.code == "not_in_force"
    with pytest.raises(Refused) as refused:
        terms.accept(version, officer, AT)
    assert refused.value.code == "no_account"


def test_the_news_is_every_version_since_the_known_one_and_what_changed_in_the_text(officer, holder):
    terms.accept(terms.in_force(ON), holder, AT)
    text = TermsVersion.objects.get(number=1).text_nl
    published(officer)
    published(officer, text_nl=text.replace("rechter in Assen", "rechter in Emmen"))
    told = terms.news(holder, ON)
    with translation.override("nl"):
        sections = told.sections
    assert (told.version.number, told.known.number, [each.number for each in told.versions]) == (3, 1, [2, 3])
    [section] = sections
    assert section.heading == "22. Als we er niet uitkomen"
    assert ("gone", "Assen,") in section.changes[0].pieces
    assert ("new", "Emmen,") in section.changes[0].pieces


def test_for_who_knew_none_the_summary_is_the_news(holder):
    told = terms.news(holder, ON)
    assert (told.known, [each.number for each in told.versions], told.sections) == (None, [1], [])


def test_a_visitor_who_signs_up_leaves_the_proof_and_reads_no_other(account, holder):
    with isolation.acting_as(isolation.VISITOR):
        assert terms.accept(terms.in_force(ON), holder, AT)
    assert known(holder) == [(1, "accepted")]


@pytest.mark.parametrize("change", [
    "UPDATE accounts_termsacknowledgement SET at = now()", "DELETE FROM accounts_termsacknowledgement",
])  # fmt: skip
def test_evidence_never_changes(holder, change):
    terms.accept(terms.in_force(ON), holder, AT)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_roles_hold_who_may_write_and_see(holder, outsider, officer):
    terms.accept(terms.in_force(ON), outsider, AT)
    with isolation.acting_as(isolation.of(holder)):
        assert terms.acknowledge(terms.in_force(ON), holder, AT)
        assert TermsAcknowledgement.objects.count() == 1
    with isolation.acting_as(isolation.of(officer)):
        assert published(officer).number == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_tables_that_were_emptied_have_terms_again(time):
    assert TermsVersion.objects.get().number == 1


def test_accounts_of_one_company_are_not_mixed_up(holder):
    other = AccountFactory().main_user
    terms.acknowledge(terms.in_force(ON), other, AT)
    assert terms.to_acknowledge(holder, ON) is not None
