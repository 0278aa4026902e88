"""The return of all data: everything is in it, sealed until it is taken, and killed workers leave nothing half (§6)."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone, translation

from accounts.models import Account
from accounts.states import State
from cannonworks import datamap, isolation, rules, storage
from cannonworks.errors import Refused
from finance.models import Mailing
from journal.models import Entry
from relations import services as people
from relations.importing import columns as naming
from relations.models import Employee, Import, Relation, What
from rights import making, returning, services, tasks
from rights.models import DataReturn, ReturnFile
from rights.returned import contents, lines
from rights.states import ReturnState
from tests.factories import AccountFactory, ColleagueFactory, StaffFactory
from tests.lives import BSN, erase, fill, full_life, issue, letter
from tests.processes import Beside, ended, fork, kill, running, until
from tests.programs import find_or_install
from tests.rights.returns import ASKED_AT, asked, content, csv_rows, json_rows, made, opened, stored

pytestmark = [pytest.mark.django_db, pytest.mark.clause("6")]
ON = date(2026, 3, 2)
#: What spreadsheets, JSON, CSV and PostgreSQL each have a way of their own with.
HOSTILE = [
    "=1+1", "+31", "-2", "@SUM(A1)", "'=1", "''+2", "'gewoon", "a;b", 'zeg "hoi"', "regel\neen", "regel\r\ntwee",
    "terug\\schuin", "\\N", "\\.", "tab\tin", "\ttab", "\rcr", "100 %", "%s", "{}", "Zoë ’t Hooft", "日本", "🙂", "\x7f", "\x01",
    "\u2028", "NULL", " voor", "na ", '"', ";", "'", "'\"", "</script>", "=\"x\";'",
    "a\x1fb", "\x1f=1", "\\\x1f", "\x1f", "\x1e", "\v", "\b\f", "\\", "\\\\n", "einde\\", "\\B", "\\U", "=\\", "'\\t",
]  # fmt: skip


def numbered(account: Account, count: int, *, start: int = 0) -> None:
    Relation.objects.bulk_create(
        Relation(account=account, last_name=f"Visser {n}", email=f"noor{n}@relatie.example")
        for n in range(start, start + count)
    )


# --- What is in it ---------------------------------------------------------------------------------------------------


def test_every_table_of_the_data_map_is_in_it_as_json_and_csv_with_all_that_is_shown(account):
    fill(account, on=ON)
    archive = opened(made(Account.objects.get(pk=AccountFactory(state=State.ACTIVE).pk)))
    names = set(archive.namelist())
    # But the files of returns themselves, and what never goes along.
    kept = [entry for entry in datamap.entries() if entry.category and entry.returned != "false"]
    declared = [entry for entry in kept if entry.model is not ReturnFile]
    assert len(declared) > 30
    for entry in declared:
        stem = f"{entry.category.value}/{entry.model._meta.model_name}"
        assert {f"{stem}.jsonl", f"{stem}.csv"} <= names
    assert {"index.html", "manifest.json"} <= names


def test_no_secret_and_nothing_that_the_database_repeats_is_in_it(account):
    fill(account, on=ON)
    archive = opened(made(account))
    (user,) = json_rows(archive, "account/user.jsonl")
    assert (user["email"], "password" in user) == (account.main_user.email, False)
    (employee,) = json_rows(archive, "employees/employee.jsonl")
    assert (employee["bsn"], "bsn_hash" in employee) == (BSN, False)
    assert not {"sort_name", "search_text", "account"} & set(employee)
    for table in contents.tables():
        secrets = {name for name, said in table.entry.personal.items() if said.secret}
        assert not secrets & {column.name for column in (*table.columns, *table.sealed)}
    whole = content(DataReturn.objects.get(account=account))
    for secret in (account.main_user.__class__._base_manager.get(pk=account.main_user.pk).password,):
        assert secret.encode() not in whole


def test_both_notations_say_what_the_database_says(account):
    issue(account, on=ON)
    relation = people.add_relation(
        account, actor=account.main_user, company_name='Jansen; & "Zoon"', sole_trader=True, gender="f"
    )
    archive = opened(made(account))
    (row,) = json_rows(archive, "relations/relation.jsonl")
    assert row["reference"] == str(relation.reference)
    assert (row["company_name"], row["sole_trader"], row["gender"], row["restricted_on"]) == (
        'Jansen; & "Zoon"', True, "f", None
    )  # fmt: skip
    (cells,) = csv_rows(archive, "relations/relation.csv")
    assert (cells["Bedrijfsnaam"], cells["Eenmanszaak"], cells["Geslacht"]) == ('Jansen; & "Zoon"', "ja", "Vrouw")
    (document,) = json_rows(archive, "documents/document.jsonl")
    assert (document["number"], document["net_total"], document["issued_on"]) == ("2026-0001", 520.0, "2026-03-02")
    (shown,) = csv_rows(archive, "documents/document.csv")
    assert "520,00" in shown.values()
    entries = json_rows(archive, "evidence/entry.jsonl")
    assert [entry["event"] for entry in entries if entry["event"] == "document.issued"] == ["document.issued"]
    assert archive.read("documents/2026-0001.pdf").startswith(b"%PDF")


def test_hostile_values_are_made_harmless_for_spreadsheets_exactly_as_an_import_undoes_it(account):
    Relation.objects.bulk_create(Relation(account=account, last_name=value, city="Assen") for value in HOSTILE)
    Relation.objects.bulk_create(Relation(account=account, last_name="x", city=value) for value in HOSTILE)
    archive = opened(made(account))
    rows, cells = (
        read(archive, f"relations/relation.{kind}") for read, kind in ((json_rows, "jsonl"), (csv_rows, "csv"))
    )
    assert [row["last_name"] for row in rows[: len(HOSTILE)]] == HOSTILE
    assert [row["city"] for row in rows[len(HOSTILE) :]] == HOSTILE
    assert [row["Achternaam"] for row in cells[: len(HOSTILE)]] == list(map(naming.neutralise, HOSTILE))
    assert [row["Plaats"] for row in cells[len(HOSTILE) :]] == list(map(naming.neutralise, HOSTILE))
    assert [naming.restore(row["Plaats"]) for row in cells[len(HOSTILE) :]] == HOSTILE


@pytest.mark.parametrize(("rows", "size"), [(1, 10**6), (7, 10**6), (250, 300), (250, 1)])
def test_no_portion_has_many_rows_or_bytes_and_all_of_them_are_the_whole(account, monkeypatch, rows, size):
    """Also where nothing in one portion has to be escaped, and much in the next."""
    texts = [f"Visser {n}" for n in range(20)] + HOSTILE + ["Jansen"] * 20
    Relation.objects.bulk_create(Relation(account=account, last_name=text) for text in texts)
    table = next(table for table in contents.tables() if table.model is Relation)
    opener = lines.Opener(account, None)
    monkeypatch.setattr(lines, "ROWS", 10**6)
    monkeypatch.setattr(lines, "BYTES", 10**9)
    (whole,) = lines.portions(connection, table, opener, language="nl")
    monkeypatch.setattr(lines, "ROWS", rows)
    monkeypatch.setattr(lines, "BYTES", size)
    found = list(lines.portions(connection, table, opener, language="nl"))
    assert (sum(portion.rows for portion in found), found[-1].last) == (whole.rows, whole.last)
    assert (b"".join(p.json for p in found), b"".join(p.csv for p in found)) == (whole.json, whole.csv)
    assert [json.loads(line)["last_name"] for line in whole.json.splitlines()] == texts
    assert max(portion.rows for portion in found) <= rows
    assert all(portion.rows == 1 for portion in found) or size > 1


@pytest.mark.parametrize("what", list(What))
@pytest.mark.parametrize("language", ["nl", "en"])
def test_an_import_knows_the_headings_and_takes_no_other_column_for_a_field(what, language):
    model = {What.RELATIONS: Relation, What.EMPLOYEES: Employee}[what]
    table = next(table for table in contents.tables() if table.model is model)
    head = lines.head(table, language).decode("utf-8-sig").strip().split(";")
    known = [name for name in naming.recognise(head, what) if name]
    assert sorted(known) == sorted(naming.labels(what))
    assert {name: head[n] for n, name in enumerate(naming.recognise(head, what)) if name} == {
        column.name: head[n] for n, column in enumerate((*table.columns, *table.sealed)) if column.name in known
    }


def test_the_manifest_tells_every_other_file_with_its_rows_bytes_and_sum(account):
    fill(account, on=ON)
    found = made(account)
    archive = opened(found)
    said = json.loads(archive.read("manifest.json"))
    assert (said["format"], said["account"], said["return"]) == (1, str(account.reference), str(found.reference))
    assert {file["name"] for file in said["files"]} == set(archive.namelist()) - {"manifest.json"}
    for file in said["files"]:
        text = archive.read(file["name"])
        assert (len(text), hashlib.sha256(text).hexdigest()) == (file["bytes"], file["sha256"])
        if file["name"].endswith(".jsonl"):
            assert text.count(b"\n") == file["rows"]


@pytest.mark.parametrize(("language", "words"), [("nl", "Al je gegevens"), ("en", "All your data")])
def test_the_page_explains_every_field_in_the_language_of_the_holder_and_asks_nothing_of_another_host(
    account, language, words
):
    type(account.main_user).objects.filter(account=account).update(language=language)
    page = opened(made(Account.objects.get(pk=account.pk))).read("index.html").decode()
    assert f'lang="{language}"' in page
    assert words in page
    assert "<script" not in page
    assert "http" not in page
    for table in contents.tables():
        assert f'href="{table.file(1, "csv")}"' in page
        assert all(f"<code>{column.name}</code>" in page for column in table.columns)


def test_an_upload_also_of_a_colleague_goes_along_as_it_is_and_no_name_leaves_the_folder(account):
    """Only whoever brought it sees it on its pages; the return has all of the account (docs/decisions/0021)."""
    fill(account, on=ON)
    colleague = ColleagueFactory(account=account)
    Import.objects.update(asked_by=colleague.reference)
    assert not Import.objects.of(account.main_user).exists()
    archive = opened(made(account))
    (name,) = [name for name in archive.namelist() if name.startswith("requests/files/")]
    assert archive.read(name) == b"Achternaam;E-mail\nVisser;geen adres\n"
    for name in archive.namelist():
        assert not contents.UNSAFE.search(name.replace("/", ""))
        assert ".." not in name


@pytest.mark.parametrize("number", ["../../etc/passwd", "C:\\x", "a b", "...", "'; rm", "\u202egnp.exe"])
def test_a_number_that_is_no_safe_name_is_made_one(account, number):
    document = issue(account, on=ON)
    document.number = number
    name = contents.document_name(document)
    assert name.startswith("documents/")
    assert not contents.UNSAFE.search(name.removeprefix("documents/"))
    assert not name.removeprefix("documents/").startswith(".")


def test_other_programs_open_it(account, tmp_path):
    fill(account, on=ON)
    path = tmp_path / "all.zip"
    path.write_bytes(content(made(account)))
    unzip = find_or_install("unzip", package="unzip")
    run = subprocess.run([unzip, "-t", str(path)], capture_output=True, text=True, check=False)
    assert (run.returncode, "No errors detected" in run.stdout) == (0, True)


def test_a_long_table_takes_several_files_with_every_row_in_one_of_them(account, monkeypatch):
    monkeypatch.setattr(contents, "ROWS_OF_FILE", 4)
    numbered(account, 10)
    found = made(account)
    archive = opened(found)
    names = [f"relations/relation{part}.jsonl" for part in ("", "-2", "-3")]
    assert [len(json_rows(archive, name)) for name in names] == [4, 4, 2]
    assert [len(csv_rows(archive, name.replace("jsonl", "csv"))) for name in names] == [4, 4, 2]
    told = [row["last_name"] for name in names for row in json_rows(archive, name)]
    assert told == [f"Visser {n}" for n in range(10)]
    page = archive.read("index.html").decode()
    assert all(f'href="{name}"' in page for name in names)


def test_nothing_lies_about_unsealed(account):
    people.add_relation(account, actor=account.main_user, last_name="Hooggeplaatst", city="Nergenshuizen")
    found = made(account)
    assert b"Hooggeplaatst" in opened(found).read("relations/relation.csv")
    assert len(stored()) == found.files.count() > 60
    for path in stored():
        text = path.read_bytes()
        assert b"Hooggeplaatst" not in text
        assert b"%PDF" not in text


# --- Asking and taking -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ((2026, 10, 20, 23, 59), date(2026, 11, 5)),  # over the change of clocks in autumn
        ((2026, 3, 20, 0, 0), date(2026, 4, 5)),  # and in spring
        ((2028, 2, 20, 12, 0), date(2028, 3, 7)),  # with a 29 February between
    ],
)
def test_asking_starts_fifteen_days_and_is_journalled(account, at, due):
    from datetime import datetime

    from cannonworks.deadlines import AMSTERDAM, start_of_day

    found = asked(account, at=datetime(*at, tzinfo=AMSTERDAM))
    assert (found.state, found.due_at, found.language) == ("queued", start_of_day(due), "nl")
    entry = Entry.objects.get(event="return.asked")
    assert (entry.clause, entry.facts["data_return"]) == ("6", str(found.reference))
    assert not DataReturn.objects.overdue(start_of_day(due) - timedelta(seconds=1)).exists()
    assert DataReturn.objects.overdue(start_of_day(due)).get() == found


def test_only_the_main_user_asks_takes_cancels_and_resumes(account, colleague, outsider):
    found = made(account)
    for other in (colleague, outsider):
        for act in (
            lambda other=other: returning.ask_return(account, actor=other, at=ASKED_AT),
            lambda other=other: returning.take(found, actor=other, at=timezone.now()),
            lambda other=other: returning.cancel_return(found, actor=other),
            lambda other=other: returning.resume_return(found, actor=other),
        ):
            with pytest.raises(Refused) as caught:
                act()
            assert caught.value.code == "not_main_user"


def test_a_second_one_is_refused_while_the_first_is_made_or_ready(account):
    found = asked(account)
    for code in ("return_under_way", "return_ready"):
        with pytest.raises(Refused) as caught:
            asked(account)
        assert caught.value.code == code
        returning.run(found.pk)
    returning.cancel_return(found, actor=account.main_user)
    assert asked(account).state == ReturnState.QUEUED


def test_a_cancelled_account_gets_its_data_and_one_that_is_to_be_erased_does_not():
    account = full_life()
    DataReturn.objects.all().delete()
    assert made(account).rows_done > 0
    services.confirm_letter(letter(account, on=date(2026, 6, 1)), actor=StaffFactory(), on=date(2026, 6, 1))
    assert not DataReturn.objects.get(account=account).taken_at  # the letter waits for it
    DataReturn.objects.update(taken_at=timezone.now())
    assert services.order_after_return(account, at=timezone.now())
    account = Account.objects.get(pk=account.pk)
    for act in (
        lambda: asked(account),
        lambda: returning.take(DataReturn.objects.get(account=account), actor=account.main_user, at=timezone.now()),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.code == "erasure_confirmed"


def taken_at(found: DataReturn):
    return DataReturn.objects.get(pk=found.pk).taken_at


def test_it_is_taken_with_its_last_byte_and_only_the_first_time_is_kept(
    account, monkeypatch, django_capture_on_commit_callbacks
):
    found, ordered = made(account), []
    monkeypatch.setattr(tasks.order_waiting, "delay", lambda: ordered.append(taken_at(found)))
    at = timezone.now()
    with isolation.acting_as(isolation.of(account.main_user)):
        archive = returning.take(found, actor=account.main_user, at=at)
        size = len(next(archive.pieces))
        assert taken_at(found) is None  # an erasure that waits for it would break it off
        with django_capture_on_commit_callbacks(execute=True):
            size += sum(len(piece) for piece in archive.pieces)
        first = taken_at(found)
        assert first is not None
        with django_capture_on_commit_callbacks(execute=True):
            sum(1 for _piece in returning.take(found, actor=account.main_user, at=at + timedelta(hours=1)).pieces)
    assert ordered == [first]  # an erasure that waited for it is ordered at once
    assert size == archive.length
    assert archive.name.endswith(f"-{str(found.reference)[:8]}.zip")
    assert taken_at(found) == first
    assert Entry.objects.filter(event="return.taken").count() == 2


def test_after_fourteen_days_it_is_gone(account):
    found = made(account)
    assert found.last_day == rules.RETURNS_KEPT.after(timezone.localdate(found.ready_at))  # fourteen whole days
    last = found.expires_at - timedelta(seconds=1)
    assert returning.expire(at=last) == 0
    returning.take(found, actor=account.main_user, at=last)
    with pytest.raises(Refused) as caught:
        returning.take(found, actor=account.main_user, at=found.expires_at)
    assert caught.value.code == "return_expired"
    assert returning.expire(at=found.expires_at) == 1
    found.refresh_from_db()
    assert (found.state, found.files.count(), stored()) == ("expired", 0, [])
    assert Entry.objects.filter(event="return.expired").count() == 1
    assert returning.expire(at=found.expires_at) == 0


def test_one_that_is_cancelled_while_it_is_made_ends_and_leaves_no_file(account, monkeypatch):
    fill(account, on=ON)
    found, pdfs = asked(account), making._Maker._pdfs
    monkeypatch.setattr(
        making._Maker, "_pdfs",
        lambda maker: (returning.cancel_return(found, actor=account.main_user), pdfs(maker)),
    )  # fmt: skip
    returning.run(found.pk)
    found.refresh_from_db()
    assert found.state == "cancelled"
    returning.clear(found.pk)
    assert (found.files.count(), len(stored())) == (0, 1)  # what was imported


# --- Workers ---------------------------------------------------------------------------------------------------------


def test_a_return_that_failed_says_why_and_goes_on_with_what_is_missing(account, monkeypatch):
    fill(account, on=ON)
    found, pdfs = asked(account), making._Maker._pdfs

    def broken(_maker):
        raise RuntimeError

    monkeypatch.setattr(making._Maker, "_pdfs", broken)
    returning.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.why) == ("stopped", "failed")
    before = dict(found.files.values_list("name", "file"))
    assert len(before) == 2 * len(contents.tables())
    monkeypatch.setattr(making._Maker, "_pdfs", pdfs)
    returning.resume_return(found, actor=account.main_user)
    with pytest.raises(Refused):
        returning.resume_return(found, actor=account.main_user)
    returning.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.rows_done) == ("ready", found.rows_total)
    assert before.items() <= dict(found.files.values_list("name", "file")).items()
    assert opened(found).testzip() is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("short", [-1, 1_000])  # every group of tables is a unit of its own, or none is
@pytest.mark.parametrize(("place", "time"), [("_keep", 1), ("_keep", 2), ("_rows", 2), ("_ready", 1), ("_pdfs", 1)])
def test_a_killed_worker_is_finished_by_another_and_every_row_is_there_once(account, monkeypatch, place, time, short):
    monkeypatch.setattr(contents, "ROWS_OF_FILE", 5)
    monkeypatch.setattr(making, "SHORT", short)
    numbered(account, 12)  # and no document: typst does not survive the fork of a process that drew one
    found = asked(account)
    work, times = getattr(making._Maker, place), iter(range(1, 99))

    def dying(*args, **options):
        done = work(*args, **options)
        if next(times) == time:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def worker() -> None:
        setattr(making._Maker, place, dying)
        with isolation.starting_as(isolation.JOBS):
            returning.run(found.pk)

    assert ended(fork(worker)) == -signal.SIGKILL
    found.refresh_from_db()
    assert found.state == "running"
    until(
        lambda: returning.run(found.pk) or DataReturn.objects.get(pk=found.pk).state == "ready", "its lock to be free"
    )
    found.refresh_from_db()
    assert (found.state, found.rows_done) == ("ready", found.rows_total)
    archive = opened(found)
    assert archive.testzip() is None
    told = [
        row["last_name"] for part in ("", "-2", "-3") for row in json_rows(archive, f"relations/relation{part}.jsonl")
    ]
    assert told == [f"Visser {n}" for n in range(12)]
    assert len(stored()) == found.files.count()  # and nothing that was begun


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_return_make_every_file_once(account, monkeypatch):
    monkeypatch.setattr(contents, "ROWS_OF_FILE", 100)
    numbered(account, 1_000)
    found = asked(account)

    def worker() -> None:
        with isolation.starting_as(isolation.JOBS):
            for _try in range(3):
                returning.run(found.pk)

    assert [ended(pid) for pid in [fork(worker), fork(worker)]] == [0, 0]
    found.refresh_from_db()
    assert found.state == "ready"
    assert found.files.count() == len(stored()) == len(set(opened(found).namelist()))
    assert Entry.objects.filter(event="return.ready").count() == 1


@pytest.mark.django_db(transaction=True)
def test_documents_and_their_lines_are_of_one_moment(account, monkeypatch):
    """A document issued between the two files is in neither."""
    issue(account, on=ON)
    found, table = asked(account), making._Maker._table

    def slowly(maker, reading, one, *args, **options):
        done = table(maker, reading, one, *args, **options)
        if one.model.__name__ == "Document":

            def meanwhile():
                with isolation.acting_as(isolation.JOBS):
                    issue(account, on=ON)

            Beside(meanwhile).result()
        return done

    monkeypatch.setattr(making._Maker, "_table", slowly)
    returning.run(found.pk)
    archive = opened(found)
    documents, rows = (json_rows(archive, f"documents/{name}.jsonl") for name in ("document", "line"))
    assert len(documents) == 1
    assert {row["document"] for row in rows} == {row["id"] for row in documents}


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_that_is_killed_in_the_middle_is_finished_by_the_next(account, tmp_path):
    worker = ("-m", "celery", "-A", "cannonworks", "worker", "--concurrency", "1", "--loglevel", "warning")
    numbered(account, 2_000)
    for _n in range(6):
        issue(account, on=ON)
    found = asked(account)
    log = str(tmp_path / "worker.log")
    with running(*worker, log=log) as process:
        until(lambda: found.files.exists(), "the first file")
        kill(process)
    found.refresh_from_db()
    assert found.state == "running"
    with running(*worker, log=log):
        assert returning.revive(since=timezone.now() + timedelta(seconds=1)) == 1
        until(lambda: DataReturn.objects.filter(pk=found.pk, state="ready").exists(), "the end")
    assert len(json_rows(opened(found), "relations/relation.jsonl")) == 2_000


# --- Erasure ---------------------------------------------------------------------------------------------------------


def test_erasure_takes_the_files_of_a_return_along_and_none_can_be_taken_after_it():
    account = AccountFactory(state=State.CANCELLED, cancelled_on=date(2026, 2, 28))
    found = made(account)
    account = erase(account, on=account.erase_on)
    assert (account.state, ReturnFile.objects.count(), DataReturn.objects.count(), stored()) == ("erased", 0, 0, [])
    assert returning.run(found.pk) == 0


def test_a_run_ends_without_a_word_when_the_account_is_claimed_for_erasure(monkeypatch):
    account = AccountFactory(state=State.CANCELLED, cancelled_on=date(2026, 2, 28))
    found, pdfs = asked(account), making._Maker._pdfs
    monkeypatch.setattr(
        making._Maker, "_pdfs", lambda maker: (erase(account, on=account.erase_on), pdfs(maker), maker._covers())
    )
    returning.run(found.pk)
    assert (Account.objects.get(pk=account.pk).state, stored()) == ("erased", [])
    assert not Entry.objects.filter(event="return.stopped").exists()


def test_a_draft_that_erasure_took_away_does_not_come_back(account):
    name = storage.new_name(str(account.reference), "requests")
    draft = storage.sealed.draft(name)
    draft.write(b"x")
    draft.settle()
    storage.erase_files(str(account.reference), ["requests"])
    with pytest.raises(FileNotFoundError):
        draft.finish()
    draft.discard()
    assert stored() == []


@pytest.mark.parametrize(("language", "words"), [("en", "days that the link works"), ("nl", "dagen dat de link werkt")])
def test_the_days_of_a_mailed_link_have_words_of_their_own(language, words):
    (table,) = [table for table in contents.tables() if table.model is Mailing]
    with translation.override(language):
        assert {column.name: str(column.label) for column in table.columns}["days"] == words


def test_its_columns_have_words_for_people_and_no_two_of_a_table_the_same():
    """A word that both languages share may be called as its field; any other is a name that a program made."""
    with translation.override("nl"):
        for table in contents.tables():
            labels = [str(column.label) for column in (*table.columns, *table.sealed)]
            made = {c.name for c in (*table.columns, *table.sealed) if str(c.label) == c.name.replace("_", " ")}
            assert made <= {"postcode", "ticket"}, table.model
            assert len(set(labels)) == len(labels), (table.model, labels)
