"""Every event has a sentence, in both languages."""

from __future__ import annotations

import ast
import re

import pytest
from django.conf import settings
from django.utils import translation

from journal.events import EVENTS, sentence
from tests.lives import CANCELLED_ON, DUE_ON, confirmed_letter, erase, full_life

#: function → which of its arguments is the event
RECORDS = {"record": 0, "line": 0, "record_from": 0, "journal_all": 0, "_record": 0}
#: Those that pass on an event which their caller names.
PASSING_ON = {
    "rights/corrections.py": "record",
    "journal/services.py": "line",
    "retention/runs.py": "record_from",
    "accounts/services.py": "record",
    "accounts/receivers.py": "record",
    "accounts/terms.py": "record",
    "audits/files.py": "record",
    "audits/improving.py": "record",
    "audits/measuring.py": "record",
    "audits/locking.py": "record",
    "breaches/conferring.py": "record",
    "breaches/reading.py": "record",
    "processors/disclosing.py": "record",
    "rights/fulfilling.py": "record",
    "rights/handling.py": "record",
    "rights/tending.py": "record",
    "retention/people.py": "line",
}
#: What becomes of either kind of people is written by one function, which puts the kind before it.
PEOPLE = {
    f"{kind}.{what}"
    for kind in ("relation", "employee")
    for what in ("added", "changed", "removed", "restricted", "lifted", "proven")
}


def calls() -> list[tuple[str, str, ast.expr]]:
    """File, function and first argument of every call that writes into the journal, and of what names an event."""
    found = []
    for path in sorted(settings.BASE_DIR.glob("*/**/*.py")):
        place = path.relative_to(settings.BASE_DIR)
        if (
            place.parts[0] in ("tests", "bench")
            or place.parts[0].startswith(".")
            or not re.search('journal|import .*record|event="', path.read_text())
        ):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            owner = getattr(getattr(node.func, "value", None), "id", "")
            if name in RECORDS and owner in ("journal", "bulk", "") and node.args and place.name != "roots.py":
                found.append((str(place), name, node.args[0]))
            found += [(str(place), name, word.value) for word in node.keywords if word.arg == "event"]
    return found


def _is_whole(event: ast.expr) -> bool:
    return isinstance(event, ast.Constant) and "." in event.value


def test_every_event_that_is_recorded_has_a_sentence_and_the_other_way_round():
    named, passed_on = set(), {}
    for place, name, event in calls():
        if place == "relations/services.py" and name in ("_record", "record") and not _is_whole(event):
            continue
        if isinstance(event, ast.Constant):
            named.add(event.value)
        else:
            passed_on[place] = name
    assert named | PEOPLE == set(EVENTS)
    assert passed_on == PASSING_ON


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_two_events_read_the_same(language):
    with translation.override(language):
        said = [sentence(event) for event in EVENTS]
    assert len({*said}) == len(said)
    assert all(text[0].isupper() and "." not in text for text in said)


def test_dutch_is_not_english():
    for event in EVENTS:
        with translation.override("nl"):
            dutch = sentence(event)
        with translation.override("en"):
            assert sentence(event) != dutch, event


def test_an_event_of_an_older_version_is_shown_as_it_is():
    assert sentence("thing.done") == "thing.done"


@pytest.mark.clause("7")
@pytest.mark.parametrize(
    ("language", "said"), [("nl", "De vernietiging is voltooid"), ("en", "The erasure was completed")]
)
def test_staff_read_sentences(client, staff, language, said):
    account = full_life()
    confirmed_letter(account, on=CANCELLED_ON)
    account = erase(account, on=DUE_ON)
    client.force_login(staff)
    client.cookies["django_language"] = language
    for place in ("/admin/journal/entry/", f"/admin/accounts/account/{account.pk}/change/"):
        assert said in client.get(place).content.decode(), place
