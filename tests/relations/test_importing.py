"""Files with people: however they are written, row by row, each row once, and nothing of it left behind (§4, §19)."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.utils import timezone, translation

from accounts import services as lifecycle
from accounts.models import Account
from accounts.states import State
from cannonworks import isolation, storage
from cannonworks.errors import Refused
from journal.models import Entry
from relations import exporting, imports, tasks
from relations.importing import checking, columns, reading
from relations.importing.checking import PROBLEMS
from relations.models import Employee, Import, ImportState, Refusal, Relation, What
from relations.services import restrict_person
from tests.factories import AccountFactory
from tests.lives import BSN, age, erase, moment, rows
from tests.processes import ended, fork, kill, running, until
from tests.relations.files import begun, draft, many, taken_in, uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.clause("3", "4", "19")]
HEAD = "Bedrijfsnaam;Achternaam;E-mail;Telefoon;Postcode;KvK\n"


@pytest.fixture(autouse=True)
def _as_jobs(db):
    with isolation.acting_as(isolation.JOBS):
        yield


def refusals(found: Import) -> list[tuple[int, list[list[str]]]]:
    return list(found.refusals.order_by("line").values_list("line", "problems"))


def counts(found: Import) -> tuple[str, int, int, int]:
    return found.state, found.added, found.known, found.refused


# --- How a file is written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_is_read_however_it_was_written(account, separator, encoding, end):
    lines = [["Bedrijfsnaam", "Plaats"], ["Café Zoë; & zoon, “Bé”", "’s-Hertogenbosch"], ["Tweede", "Assen"]]
    text = end.join(separator.join(f'"{cell}"' for cell in line) for line in lines)
    found = taken_in(account, text.encode(encoding))
    assert counts(found) == ("done", 2, 0, 0)
    people = Relation.objects.order_by("id").values_list("company_name", "city")
    assert list(people) == [tuple(line) for line in lines[1:]]
    assert (found.separator, found.lines, found.position) == (separator, 3, found.size)


def test_the_line_for_excel_alone_says_the_separator(account):
    assert counts(taken_in(account, 'sep=,\r\nNaam;bedrijf,Plaats\r\n"Jansen",Assen\r\n')) == ("done", 1, 0, 0)
    assert Relation.objects.get().city == "Assen"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04rest", "workbook"),
        (b"a;b\n\x00\x01\x02", "not_text"),
        (b"Naam\n\x81\x8d", "not_text"),
        (b"", "no_headings"),
        (b"\n\n", "no_headings"),
        (b";".join([b"x"] * 101), "too_many_columns"),
    ],
)
def test_what_is_no_such_file_is_refused_and_nothing_of_it_is_kept(account, content, code):
    with pytest.raises(Refused) as caught:
        draft(account, content)
    assert caught.value.code == code
    assert (Import.objects.count(), storage.count_files(str(account.reference), ["requests"])) == (0, {})


def test_a_file_that_is_too_large_is_refused(account, settings):
    settings.IMPORT_MAX_MIB = 0
    with pytest.raises(Refused) as caught:
        draft(account, "Naam\nx")
    assert caught.value.code == "too_large"


def test_rows_over_several_lines_have_the_place_of_each():
    text = b'a;b\n"een\ntwee";1\n\n"drie";"2 ""x"""\n'
    found = list(reading.read(BytesIO(text), separator=";", position=4, line=2))
    assert [(row.line, row.next_line, row.cells) for row in found] == [
        (2, 4, ["een\ntwee", "1"]), (5, 6, ["drie", '2 "x"']),
    ]  # fmt: skip
    again = reading.read(BytesIO(text), separator=";", position=found[0].next_position, line=4)
    assert [row.cells for row in again] == [["drie", '2 "x"']]


@pytest.mark.parametrize("tail", ["\n" * 60, "x" * 20_000 + "\n", ""])
def test_a_quotation_mark_too_many_spoils_its_own_line_alone(tail):
    text = f'a;b\n"open;1\n{tail}goed;2\n'.encode()
    found = list(reading.read(BytesIO(text), separator=";", position=4, line=2))
    assert (found[0].line, found[0].cells) == (2, None)
    assert found[-1].cells[-1] == "2"
    assert found[-1].next_position == len(text)


def test_headings_are_known_in_both_languages_and_each_field_once():
    dutch = ["Bedrijfsnaam", "KvK-nummer", "BTW nr", "E-mailadres", "Tel.", "Plaats", "Hobby", "mail"]
    assert columns.recognise(dutch, What.RELATIONS) == [
        "company_name", "kvk_number", "vat_number", "email", "phone", "city", "", "",
    ]  # fmt: skip
    assert columns.recognise(["BSN", "Surname", "First name"], What.EMPLOYEES) == ["bsn", "last_name", "first_name"]
    assert columns.recognise(["BSN"], What.RELATIONS) == [""]
    for what in What:
        for language in ("nl", "en"):
            with translation.override(language):
                labels = columns.labels(what)
                assert columns.recognise([str(label) for label in labels.values()], what) == list(labels)


@pytest.mark.parametrize("text", ["=1+1", "+31592", "-5", "@x", "\tx", "'=1", "''+1", "'s avonds", "gewoon", "", "'"])
def test_what_a_spreadsheet_would_compute_is_neutralised_and_comes_back_exactly(text):
    cell = columns.neutralise(text)
    assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert columns.restore(cell) == text
    assert (cell == text) == (text in ("'s avonds", "gewoon", "", "'"))


# --- Row by row --------------------------------------------------------------------------------------------------------


def test_every_row_is_checked_like_the_form_and_told_without_its_values(account):
    text = HEAD + (
        "Goed;Visser;noor@visser.example;050 1234567;7941aa;1234.5678\n"
        "Fout;Visser;geen adres;5;12;1234567\n"
        ";;;;;\n"
        f"{'x' * 201};;;;;\n"
        "Te veel;cellen;;;;;;x\n"
        "Nul\0;;;;;\n"
    )
    found = taken_in(account, text.encode("utf-8-sig"))
    assert counts(found) == ("done", 1, 0, 4)
    person = Relation.objects.get()
    assert (person.company_name, person.phone, person.postcode, person.kvk_number, person.country) == (
        "Goed", "+31501234567", "7941 AA", "12345678", "NL",
    )  # fmt: skip
    assert [(line, sorted(map(tuple, problems))) for line, problems in refusals(found)] == [
        (3, [("email", "email"), ("kvk_number", "kvk"), ("phone", "phone"), ("postcode", "postcode")]),
        (5, [("company_name", "max_length")]),
        (6, [("", "cells")]),
        (7, [("company_name", "characters"), ("last_name", "name")]),
    ]
    told = checking.told([("kvk_number", "kvk")], What.RELATIONS)
    assert len(told) == 1
    assert "1234567" not in told[0]
    assert {code for _line, problems in refusals(found) for _name, code in problems} <= PROBLEMS.keys()


def test_the_vat_number_of_a_sole_trader_that_has_the_bsn_in_it_is_refused(account):
    number = f"NL{BSN}B01"
    found = taken_in(
        account, f"Bedrijfsnaam;Btw-nummer;Eenmanszaak\nA;{number};ja\nB;{number};nee\nC;{number};misschien\n"
    )
    assert refusals(found) == [
        (2, [["vat_number", "vat_contains_bsn"]]),
        (4, [["sole_trader", "sole_trader"]]),
    ]  # fmt: skip
    assert Relation.objects.get().vat_number == number


@pytest.mark.clause("19")
def test_the_bsn_of_an_employee_is_sealed_and_unique_and_in_no_other_place(account):
    lines = (
        "Voornaam;Achternaam;Soort;BSN",
        f"Tom;Werk;inhuurkracht;{BSN}",
        f"Tim;Werk;;{BSN}",
        "Tam;Werk;medewerker;123456782",
        "Tum;Werk;directeur;123456789",
    )
    found = taken_in(account, "\n".join(lines), what=What.EMPLOYEES)
    assert counts(found) == ("done", 2, 1, 1)
    assert refusals(found) == [(3, [["", "known"]]), (5, [["kind", "kind"], ["bsn", "bsn"]])]
    tom, tam = Employee.objects.order_by("id")
    assert (tom.kind, tam.kind, tom.masked_bsn) == ("contractor", "employee", "•••••••••")
    from relations.services import reveal_bsn

    assert [reveal_bsn(each, actor=account.main_user) for each in (tom, tam)] == [BSN, "123456782"]
    written = str(list(Entry.objects.values_list("facts"))) + str(list(Refusal.objects.values()))
    assert BSN not in written
    assert "123456789" not in written
    again = taken_in(account, "\n".join(lines), what=What.EMPLOYEES, takes_known=True)
    assert refusals(again)[:2] == [(2, [["bsn", "bsn_twice"]]), (3, [["bsn", "bsn_twice"]])]
    assert Employee.objects.count() == 2


@pytest.mark.parametrize(
    "row",
    [
        ";Noor;NOOR@visser.example;;;",
        "Ander;;;;;12345678",
        "JANSEN & ZOON;;;;7941AA;",
        ";Visser;;;7941 AA;",
    ],
)
def test_who_is_there_already_is_passed_by_unless_told_otherwise(account, row):
    first = HEAD + "Jansen & Zoon;;noor@visser.example;;7941 AA;12345678\n;Visser;;;7941 AA;\n"
    taken_in(account, first)
    assert counts(taken_in(account, HEAD + row)) == ("done", 0, 1, 0)
    assert counts(taken_in(account, HEAD + row, takes_known=True)) == ("done", 1, 0, 0)


@pytest.mark.clause("15")
@pytest.mark.parametrize("takes_known", [True, False])
@pytest.mark.parametrize("row", [";Noor;NOOR@visser.example;;;", "Ander;;;;;12345678", ";Visser;;;7941 AA;"])
def test_who_is_restricted_stays_as_they_are_and_comes_in_no_second_time(account, row, takes_known):
    taken_in(account, HEAD + "Jansen & Zoon;;noor@visser.example;;7941 AB;12345678\n;Visser;;;7941 AA;\n")
    for person in Relation.objects.all():
        restrict_person(person, actor=account.main_user, on=timezone.localdate())
    before = list(Relation.objects.order_by("id").values())
    found = draft(account, HEAD + row)
    (shown,) = imports.look(found, rows=10, columns=found.columns, takes_known=takes_known)
    assert shown.problems == [("", "frozen")]
    again = taken_in(account, HEAD + row, takes_known=takes_known)
    assert (counts(again), refusals(again)) == (("done", 0, 0, 1), [(2, [["", "frozen"]])])
    assert list(Relation.objects.order_by("id").values()) == before


def test_who_stands_twice_in_a_file_comes_in_once(account, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 2)
    text = HEAD + "".join(f"Jansen;;;;7941 AA;\nMarkt {n};;;;;\n" for n in range(3))
    assert counts(taken_in(account, text)) == ("done", 4, 2, 0)


def test_somebody_of_another_account_is_nobody_of_this_one(account, outsider):
    taken_in(outsider.account, HEAD + "Jansen;;noor@visser.example;;7941 AA;12345678\n")
    assert counts(taken_in(account, HEAD + "Jansen;;noor@visser.example;;7941 AA;12345678\n")) == ("done", 1, 0, 0)


def test_a_draft_is_looked_at_with_few_queries_however_many_rows(account, django_assert_num_queries):
    for count in (1, 3):
        found = draft(account, many(count))
        with django_assert_num_queries(5):  # the key of the file, and one for each way to know somebody
            checked = imports.look(found, rows=100, columns=found.columns, takes_known=False)
        assert len(checked) == count


# --- Batch by batch ----------------------------------------------------------------------------------------------------


def test_a_batch_costs_the_same_number_of_queries_whatever_its_length(account, django_assert_num_queries):
    for count in (1, 3):
        found = begun(account, many(count, start=count * 10))
        with django_assert_num_queries(12):
            imports.run(found.pk)


def test_what_was_gone_through_is_not_gone_through_again(account, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 3)
    found = begun(account, many(7))
    assert imports.run(found.pk) == 6
    assert imports.run(found.pk) == 0
    found.refresh_from_db()
    assert counts(found) == ("done", 7, 0, 0)
    assert Relation.objects.count() == 7
    told = Entry.objects.filter(event__startswith="import.").order_by("id").values_list("event", "clause", "facts")
    file = {"file": str(found.reference), "what": "relations"}
    assert list(told) == [
        ("import.started", "3", {**file, "lines": 8}),
        ("import.done", "3", {**file, "added": 7, "known": 0, "refused": 0}),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("place", "time", "first", "taken"),
    [("_take", 2, True, 1_000), ("_take", 2, False, 1_000), ("_batch", 2, False, 2_000), ("_end", 1, False, 2_000)],
    ids=["before a batch is written", "before its commit", "after its commit", "at the very end"],
)
def test_a_killed_worker_is_finished_by_another_and_every_row_is_there_once(account, place, time, first, taken):
    found = begun(account, many(2_500) + "Fout;;;;niets;;;;;;\r\n")
    work, times = getattr(imports, place), iter(range(1, 9))

    def dying(*args, **options):
        now = next(times) == time
        if now and first:
            os.kill(os.getpid(), signal.SIGKILL)
        done = work(*args, **options)
        if now:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def worker() -> None:
        setattr(imports, place, dying)
        with isolation.starting_as(isolation.JOBS):
            imports.run(found.pk)

    assert ended(fork(worker)) == -signal.SIGKILL
    found.refresh_from_db()
    assert (found.state, found.added, Relation.objects.count()) == ("running", taken, taken)
    imports.run(found.pk)
    found.refresh_from_db()
    assert counts(found) == ("done", 2_500, 0, 1)
    names = Relation.objects.values_list("company_name", flat=True)
    assert sorted(names) == sorted(f"Bedrijf {n}" for n in range(1, 2_501))
    assert refusals(found) == [(2_502, [["email", "email"]])]


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_that_is_killed_in_the_middle_is_finished_by_the_next(account, tmp_path):
    worker = ("-m", "celery", "-A", "cannonworks", "worker", "--concurrency", "1", "--loglevel", "warning")
    found = begun(account, many(10_000))
    log = str(tmp_path / "worker.log")
    with running(*worker, log=log) as process:
        until(lambda: Import.objects.filter(pk=found.pk, added__gt=0).exists(), "the first batch")
        kill(process)
    found.refresh_from_db()
    assert (found.state, found.added % imports.BATCH) == ("running", 0)
    assert 0 < found.added < 10_000
    assert Relation.objects.count() == found.added
    with running(*worker, log=log):
        assert imports.revive(since=timezone.now() + timedelta(seconds=1)) == 1
        until(lambda: Import.objects.filter(pk=found.pk, state="done").exists(), "the end")
    assert Relation.objects.count() == Relation.objects.distinct("company_name").count() == 10_000


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_import_take_every_row_once(account):
    found = begun(account, many(4_000))

    def worker() -> None:
        with isolation.starting_as(isolation.JOBS):
            for _try in range(20):
                imports.run(found.pk)

    assert [ended(pid) for pid in [fork(worker), fork(worker)]] == [0, 0]
    found.refresh_from_db()
    assert counts(found) == ("done", 4_000, 0, 0)
    assert Relation.objects.count() == 4_000


@pytest.mark.clause("5.4")
def test_an_account_that_stops_running_stops_its_import_and_it_goes_on_later(account, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 2)
    found = begun(account, many(5))
    assert imports._batch(found.pk) == 2
    lifecycle.cancel_account(account, actor=account.main_user, on=timezone.localdate())
    imports.run(found.pk)
    found.refresh_from_db()
    assert (*counts(found), found.why) == ("stopped", 2, 0, 0, "read_only")
    with pytest.raises(Refused) as caught:
        imports.resume(found, actor=account.main_user, at=timezone.now())
    assert caught.value.code == "read_only"
    lifecycle.reactivate_account(account, actor=account.main_user, on=timezone.localdate())
    imports.resume(found, actor=account.main_user, at=timezone.now())
    imports.run(found.pk)
    found.refresh_from_db()
    assert (*counts(found), found.why) == ("done", 5, 0, 0, "")


@pytest.mark.clause("6")
def test_the_erasure_of_the_account_ends_an_import_and_takes_it_along(monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 2)
    on = timezone.localdate()
    account = AccountFactory(state=State.ACTIVE)
    taken_in(account, HEAD + "Fout;;geen adres;;;\n")
    found = begun(account, many(5))
    imports._batch(found.pk)
    account = lifecycle.cancel_account(account, actor=account.main_user, on=on)
    Account.objects.filter(pk=account.pk).update(claimed_at=moment(on))
    assert imports.run(found.pk) == 0
    found.refresh_from_db()
    assert (found.state, found.added) == ("running", 2)
    assert (imports.revive(since=timezone.now() + timedelta(days=9)), age(on + timedelta(days=9))) == (0, 0)
    Account.objects.filter(pk=account.pk).update(claimed_at=None)
    due = account.erase_on
    assert {"relations_import", "relations_refusal"} <= rows(account).keys()
    assert storage.count_files(str(account.reference), ["requests"]) == {"requests": 2}
    account = erase(account, on=due)
    assert account.state == State.ERASED
    assert not {"relations_import", "relations_refusal", "relations_relation"} & rows(account).keys()
    assert storage.with_folder([str(account.reference)]) == set()
    assert imports.run(found.pk) == 0


def test_a_row_that_the_database_refuses_stops_the_import_and_says_so(account, monkeypatch):
    found = begun(account, many(2))
    monkeypatch.setattr(checking.Checker, "check", lambda *args: [].pop())
    imports.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.why) == ("stopped", "failed")


def test_a_file_that_is_gone_stops_the_import(account):
    found = begun(account, many(2))
    storage.sealed.delete(found.file.name)
    imports.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.why) == ("stopped", "file_gone")


def test_in_an_account_one_import_runs_at_a_time(account, outsider):
    begun(account, many(2))
    begun(outsider.account, many(2))
    with pytest.raises(Refused) as caught:
        begun(account, many(2), what=What.EMPLOYEES)
    assert caught.value.code == "import_running"


@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
def test_nothing_is_brought_into_an_account_that_does_not_run(state):
    account = AccountFactory(state=state)
    with pytest.raises(Refused) as caught:
        draft(account, many(1))
    assert caught.value.code == "read_only"
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        (["", ""], "no_columns"),
        (["city", "city"], "column_twice"),
        (["city"], "no_such_column"),
        (["bsn", "city"], "no_such_column"),
        (["account", "city"], "no_such_column"),
    ],
)
def test_columns_that_make_no_sense_are_refused(account, chosen, code):
    found = draft(account, "a;b\n1;2")
    with pytest.raises(Refused) as caught:
        imports.start(found, actor=account.main_user, columns=chosen, takes_known=False, at=timezone.now())
    assert caught.value.code == code


def test_whoever_brought_it_and_nobody_else_has_it(account, colleague, outsider):
    found = draft(account, many(1))
    assert list(Import.objects.of(account.main_user)) == [found]
    for other in (colleague, outsider):
        assert not Import.objects.of(other).exists()
        with pytest.raises(Refused) as caught:
            imports.start(found, actor=other, columns=found.columns, takes_known=False, at=timezone.now())
        assert caught.value.code == "gone"


# --- What is left of it ------------------------------------------------------------------------------------------------


def test_a_new_draft_takes_the_place_of_the_one_before(account):
    first, employees = draft(account, many(1)), draft(account, "BSN\n", what=What.EMPLOYEES)
    second = draft(account, many(2))
    assert set(Import.objects.all()) == {second, employees}
    assert not storage.sealed.exists(first.file.name)
    with pytest.raises(Refused):
        draft(account, b"")
    assert storage.sealed.exists(second.file.name)


@pytest.mark.parametrize(("days", "left"), [(6, 1), (7, 0)])
def test_a_file_is_forgotten_a_week_after_its_end(account, days, left):
    found = taken_in(account, HEAD + "Fout;;geen adres;;;\n")
    assert age(timezone.localdate(Import.objects.get().moved_at) + timedelta(days=days)) == 1 - left
    assert (Import.objects.count(), Refusal.objects.count(), storage.sealed.exists(found.file.name)) == (
        left, left, bool(left),
    )  # fmt: skip


@pytest.mark.parametrize(("minutes", "again"), [(4, 0), (6, 1)])
def test_an_import_whose_worker_is_gone_is_queued_again(account, monkeypatch, minutes, again):
    sent = []
    monkeypatch.setattr("relations.tasks.run_import.delay", sent.append)
    found = begun(account, many(1))
    Import.objects.update(moved_at=timezone.now() - timedelta(minutes=minutes), state=ImportState.RUNNING)
    assert tasks.revive_imports() == again
    assert sent == [found.pk] * again


def test_a_file_that_is_under_way_is_not_forgotten_and_can_be_stopped(account):
    found = begun(account, many(1))
    assert age(timezone.localdate() + timedelta(days=99)) == 0
    with pytest.raises(Refused) as caught:
        imports.remove(found, actor=account.main_user)
    assert caught.value.code == "import_running"
    stopped = imports.stop(found, actor=account.main_user)
    assert (stopped.state, stopped.why) == ("stopped", "by_user")
    assert imports.run(found.pk) == 0
    imports.remove(found, actor=account.main_user)
    assert storage.count_files(str(account.reference), ["requests"]) == {}


def text_of(response) -> str:
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_refused_rows_come_back_as_they_stood_to_mend_and_bring_in(account):
    lines = 'Goed;;;;;\n=Fout;Visser;geen adres;;;\nOpen;"x;;;;\n'
    found = taken_in(account, HEAD + lines)
    with translation.override("nl"):
        text = text_of(exporting.refused(found))
    first, second, *rest = text.splitlines()
    assert first == "Regel in je bestand;Wat te doen;Bedrijfsnaam;Achternaam;E-mail;Telefoon;Postcode;KvK"
    assert second.startswith("3;")
    assert second.endswith(";'=Fout;Visser;geen adres;;;")
    assert [line[:2] for line in rest] == ["4;"]
    mended = taken_in(account, text.replace("geen adres", "noor@visser.example").replace("\r\n4;", "\r\n4;"))
    assert Relation.objects.filter(company_name="=Fout", email="noor@visser.example").count() == 1
    assert mended.added == 1


@pytest.mark.clause("16")
@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("what", list(What))
def test_an_export_comes_into_another_account_as_the_same_people(account, outsider, what, language, monkeypatch):
    monkeypatch.setattr(exporting, "PORTION", 2)
    model = What(what).model
    odd = [
        {
            "company_name": "=SUM(A1)",
            "phone": "+31592123456",
            "gender": "f",
            "sole_trader": True,
            "last_name": "'t Hart",
        },
        {"company_name": 'Bé; "de" Café', "first_name": "'=x", "gender": "x", "country": "BE", "postcode": "1000"},
        {"last_name": "-", "email": "a@b.example", "kvk_number": "00000001", "gender": "m"},
        {"last_name": "Visser", "city": "@home"},
        {"first_name": "Met", "last_name": "Naam"},
    ]
    for fields in odd:
        if what == What.EMPLOYEES:
            fields = {**fields, "kind": "contractor"}
        model.objects.create(account=account, **fields)
    with translation.override(language):
        text = text_of(exporting.export(account, actor=account.main_user, what=what, at=timezone.now()))
    found = taken_in(outsider.account, text.encode("utf-8-sig"), what=what, takes_known=True)
    assert counts(found) == ("done", 5, 0, 0), refusals(found)
    fields = [name for name in columns.labels(what) if name != "bsn"]
    mine, theirs = (
        sorted(model.objects.filter(account=whose).values_list(*fields)) for whose in (account, outsider.account)
    )
    assert theirs == mine
    told = Entry.objects.get(event="export.downloaded")
    assert (told.account_reference, told.facts) == (account.reference, {"what": what.value})


def test_no_bsn_is_ever_in_an_export(account):
    taken_in(account, f"Achternaam;BSN\nWerk;{BSN}\n", what=What.EMPLOYEES)
    text = text_of(exporting.export(account, actor=account.main_user, what=What.EMPLOYEES, at=timezone.now()))
    assert "Werk" in text
    assert BSN not in text
    assert "BSN" not in text


@pytest.mark.django_db(transaction=True)
def test_an_export_is_read_under_the_role_of_whoever_asked_and_keeps_no_transaction_open(account, monkeypatch):
    monkeypatch.setattr(exporting, "PORTION", 1)
    for name in ("Eik", "Els"):
        Relation.objects.create(account=account, last_name=name)
    with isolation.acting_as(isolation.of(account.main_user)):
        response = exporting.export(account, actor=account.main_user, what=What.RELATIONS, at=timezone.now())
    roles: list[str] = []
    monkeypatch.setattr(exporting, "check_not_going", lambda account: roles.append(role()))
    isolation.assume(isolation.NOBODY)  # as after every answer: the login itself, which may read nothing
    pieces = []
    for piece in response.streaming_content:
        assert not connection.in_atomic_block
        pieces.append(piece.decode())
    assert [piece.count("Eik") + piece.count("Els") for piece in pieces] == [1, 1, 0]
    assert roles == ["cannonworks_holder"] * 3
    assert role() == "none"


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role')")
        return cursor.fetchone()[0]


def test_an_export_of_an_account_that_goes_meanwhile_breaks_off(account, monkeypatch):
    monkeypatch.setattr(exporting, "PORTION", 1)
    for name in ("Eik", "Els"):
        Relation.objects.create(account=account, last_name=name)
    pieces = iter(
        exporting.export(account, actor=account.main_user, what=What.RELATIONS, at=timezone.now()).streaming_content
    )
    next(pieces)
    lifecycle.cancel_account(account, actor=account.main_user, on=timezone.localdate())
    Account.objects.update(claimed_at=timezone.now())
    with pytest.raises(Refused):
        next(pieces)


def test_the_example_is_taken_as_it_is(account):
    for what in What:
        assert counts(taken_in(account, exporting.template(what), what=what)) == ("done", 1, 0, 0)
    assert uploaded("x").size == 1
