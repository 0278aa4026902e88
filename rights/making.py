"""The worker of a return of data (§6): makes what is left of its files, each sealed under the account's key.

A unit of work is all short tables; then a file pair of one table (a longer one takes several), or of tables whose rows
are part of each other; each is read at one moment through a connection beside. Then come twenty PDFs at a time, what
was uploaded, and the covers. A unit is there whole or not at all: its files get their names and rows in one short
transaction, which looks whether the return still goes on. So a killed worker leaves whole units, and the next goes on
with the first that is missing. An advisory lock of the database, which ends with its connection, keeps a second worker
away.

Nothing locks the account while rows are read and files are written: its users notice nothing, and an erasure does not
wait. One that began in between takes the drafts away, and the run ends without a word.
"""

from __future__ import annotations

import hashlib
import logging
import time
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import uuid5

from django.db import DatabaseError, InterfaceError, OperationalError, connection, models, transaction
from django.db.models.functions import Now
from typst import TypstError

from accounts import outbox
from accounts.models import Account
from accounts.services import data_key
from accounts.states import State
from cannonworks import encryption, isolation, rules, storage, turns
from cannonworks.deadlines import ONE_DAY, local_date, start_of_day
from cannonworks.errors import KeyUnavailable, Refused, is_fence
from cannonworks.uploads import ending_of
from finance.models import Document
from finance.printing import document_pdf
from journal import services as journal
from rights.models import DataReturn, ReturnFile
from rights.returned import contents, covers, lines
from rights.returned.contents import Table
from rights.states import RETURN_STEPS, ReturnState, move

log = logging.getLogger(__name__)

#: PDFs of a unit; seconds after which a run tells how far it is, and looks whether it is still wanted.
PDFS, PACE = 20, 1.0
#: Groups of tables with so many rows at most are one unit together: the end of each unit waits for the disk.
SHORT = 1_000
KINDS = ("jsonl", "csv")
#: Bytes that are sealed and summed at once, for handing over takes time too; how many times that may wait to be summed.
SEALED_AT_ONCE, AHEAD = 1024 * 1024, 6
RUNS = (ReturnState.QUEUED, ReturnState.RUNNING)


class Over(Exception):
    """The return is wanted no more, or its account is being erased."""


def run(return_id: int) -> int:
    """Make all that is left of a return, and give the rows written; may run twice, also at the same time.

    Ends in a state that says why when something cannot be made; quietly when it was cancelled or the account is being
    erased. Raises what is transient.
    """
    try:
        with turns.alone(f"return {return_id}") as alone:
            return _Maker(return_id).make() if alone else 0
    except (OperationalError, InterfaceError, storage.FilesUnavailable):
        raise
    except Over:
        pass
    except (FileNotFoundError, KeyUnavailable):
        give_up(return_id, "key_gone")
    except Exception as error:
        if not (is_fence(error) or isinstance(error, Refused)):
            log.exception("return %s failed: %s", return_id, type(error).__name__)
            _tell_failed(return_id)
    return 0


def _tell_failed(return_id: int) -> None:
    try:
        give_up(return_id, "failed")
    except DatabaseError as error:
        if not is_fence(error):
            raise


@transaction.atomic
def give_up(return_id: int, why: str) -> None:
    """Note why a return does not go on; nothing when it is over already, or its account is being erased."""
    found = _locked(return_id)
    if found is not None:
        move(found, ReturnState.STOPPED, RETURN_STEPS, clause="6")
        found.why, found.moved_at = why, Now()
        found.save(update_fields=["state", "why", "moved_at"])
        journal.record("return.stopped", account=found.account, clause="6", data_return=found.reference, why=why)


def place_of(found: DataReturn, name: str) -> str:
    """Where a file of a return lies: always the same, so that what a killed worker left is found and replaced."""
    return f"{found.account.reference}/requests/{uuid5(found.reference, name).hex}"


def _locked(return_id: int) -> DataReturn | None:
    rows = DataReturn.objects.select_for_update(of=("self",)).select_related("account")
    found = rows.filter(pk=return_id, state__in=RUNS).first()
    if found is None or found.account.claimed_at is not None or found.account.state == State.ERASED:
        return None
    return found


@dataclass
class _Sheet:
    """A file that is being written: sealed, summed, and not there yet."""

    name: str
    draft: storage.Draft
    rows: int = 0
    size: int = 0
    crc: int = 0
    upto: int | None = None
    sum: Any = field(default_factory=hashlib.sha256)

    def write(self, data: bytes) -> None:
        self.seal(data)
        self.add(data)

    def seal(self, data: bytes) -> None:
        self.size += len(data)
        self.draft.write(data)

    def add(self, data: bytes) -> None:
        """Take the bytes into the sums."""
        self.sum.update(data)
        self.crc = zlib.crc32(data, self.crc)


class _Writing:
    """Seals and writes a pair of files, and sums in a thread meanwhile, which lets Python go on.

    Sealing stays out of the thread: it lets nothing go on beside it, and after writing each chunk the thread would wait
    for the interpreter again.
    """

    def __init__(self, pair: list[_Sheet]) -> None:
        self.pair, self.thread, self.waiting = pair, ThreadPoolExecutor(1), deque[Future[None]]()
        self.gathered: list[tuple[bytes, bytes]] = []
        self.size = 0

    def __enter__(self) -> _Writing:
        return self

    def __exit__(self, kind: object, *_more: object) -> None:
        if kind is None:
            self._hand_over()
        self.thread.shutdown(cancel_futures=kind is not None)
        for summed in self.waiting if kind is None else ():
            summed.result()

    def write(self, portion: lines.Portion) -> None:
        self.gathered.append((portion.json, portion.csv))
        self.size += len(portion.json) + len(portion.csv)
        for sheet in self.pair:
            sheet.rows += portion.rows
        if self.size >= SEALED_AT_ONCE:
            self._hand_over()

    def _hand_over(self) -> None:
        if not self.gathered:
            return
        if len(self.waiting) >= AHEAD:
            self.waiting.popleft().result()
        for n, sheet in enumerate(self.pair):
            data = b"".join([both[n] for both in self.gathered])
            self.waiting.append(self.thread.submit(sheet.add, data))
            sheet.seal(data)
        self.gathered, self.size = [], 0


class _Maker:
    """One run of a worker over one return."""

    def __init__(self, return_id: int) -> None:
        self.found = self._begin(return_id)
        self.account: Account = self.found.account
        self.language = self.found.language
        self.opener = lines.Opener(self.account, encryption.cipher(data_key(self.account)))
        self.there = dict(self._files().exclude(name__endswith=".pdf").values_list("name", "upto"))
        self.made, self.told = 0, time.monotonic()

    def make(self) -> int:
        for group in self._units():
            self._tables(group)
        self._pdfs()
        self._uploads()
        self._covers()
        return self.made

    @transaction.atomic
    def _begin(self, return_id: int) -> DataReturn:
        found = _locked(return_id)
        if found is None:
            raise Over
        if found.state == ReturnState.QUEUED:
            move(found, ReturnState.RUNNING, RETURN_STEPS, clause="6")
        done = found.files.exclude(name__endswith=".csv").aggregate(rows=models.Sum("rows"))["rows"] or 0
        self.lengths = _lengths(found.account)
        found.rows_done, found.rows_total, found.moved_at = done, max(_rows_of(self.lengths), done), Now()
        found.save(update_fields=["state", "rows_done", "rows_total", "moved_at"])
        return DataReturn.objects.select_related("account").get(pk=found.pk)

    def _files(self) -> models.QuerySet[ReturnFile]:
        return ReturnFile.objects.filter(of=self.found)

    # --- Tables ----------------------------------------------------------------------------------------------------

    def _units(self) -> Iterator[tuple[Table, ...]]:
        """What is written at one moment: groups of which nothing is there that are short together, then every other."""
        groups = contents.groups()
        short = [
            group
            for group in groups
            if sum(self.lengths[table.model] for table in group) <= SHORT
            and group[0].file(1, KINDS[0]) not in self.there
        ]
        if short:
            yield tuple(chain.from_iterable(short))
        yield from (group for group in groups if group not in short)

    def _tables(self, group: tuple[Table, ...]) -> None:
        """Write tables that belong together at one moment; one that stands alone in several units if it is long."""
        first, part, after = group[0], 1, None
        while (name := first.file(part, KINDS[0])) in self.there:
            if (after := self.there[name]) is None:
                return
            part += 1
        is_whole = False
        while not is_whole:
            sheets = self._sheets([table.file(part, kind) for table in group for kind in KINDS])
            with self._discarding(sheets), isolation.beside() as reading:
                read_at = _moment(reading)
                for table in group:
                    is_whole = self._table(reading, table, sheets, part=part, after=after, once=len(group) == 1)
                self._keep(sheets, read_at=read_at)
            part, after = part + 1, sheets[0].upto

    def _table(
        self, reading: Any, table: Table, sheets: list[_Sheet], *, part: int, after: int | None, once: bool
    ) -> bool:
        """Write the file pairs of a table from ``part`` on, one of them if ``once``; whether that was its end."""
        most = contents.ROWS_OF_FILE if table.is_numbered else None
        while True:
            pair = self._pair(table, part, sheets)
            pair[1].write(lines.head(table, self.language))
            portions = lines.portions(reading, table, self.opener, language=self.language, after=after, most=most)
            with _Writing(pair) as writing:
                for portion in portions:
                    writing.write(portion)
                    after = portion.last
                    self._progress(portion.rows)
            is_whole = most is None or pair[0].rows < most
            for sheet in pair:
                sheet.upto = None if is_whole else after
            if is_whole or once:
                return is_whole
            part += 1

    def _pair(self, table: Table, part: int, sheets: list[_Sheet]) -> list[_Sheet]:
        names = [table.file(part, kind) for kind in KINDS]
        if not (pair := [sheet for sheet in sheets if sheet.name in names]):
            pair = self._sheets(names)
            sheets += pair
        return pair

    # --- Documents and files ---------------------------------------------------------------------------------------

    def _pdfs(self) -> None:
        """Draw every quote and invoice; one that cannot be drawn says so in a text of its own."""
        drawn = self._files().filter(models.Q(name__endswith=".pdf") | models.Q(name__endswith=".txt"))
        last = drawn.aggregate(last=models.Max("upto"))["last"] or 0
        while documents := list(documents_of(self.account, behind=last)[:PDFS]):
            sheets: list[_Sheet] = []
            with self._discarding(sheets):
                for document in documents:
                    name, text = _drawn(document)
                    sheet = self._sheet(name)
                    sheets.append(sheet)
                    sheet.write(text)
                    sheet.rows, sheet.upto = 1, document.pk
                    self._progress(1)
                self._keep(sheets)
            last = documents[-1].pk

    def _uploads(self) -> None:
        """Take along what was uploaded, as it is; what was forgotten meanwhile is passed by."""
        for table, file in contents.with_files():
            for row in contents.owned(table, self.account).order_by("pk"):
                stem = contents.upload_stem(table, row)
                if getattr(row, file.name) and not any(name.startswith(f"{stem}.") for name in self.there):
                    self._upload(stem, getattr(row, file.name).name)

    def _upload(self, stem: str, place: str) -> None:
        try:
            with storage.sealed.open(place) as text:
                first = text.read(storage.CHUNK)
                sheets = [self._sheet(f"{stem}.{ending_of(first) or 'csv'}")]
                with self._discarding(sheets):
                    while first:
                        sheets[0].write(first)
                        first = text.read(storage.CHUNK)
                    sheets[0].rows = 1
                    self._progress(1)
                    self._keep(sheets)
        except FileNotFoundError:
            if self._is_over():
                raise

    # --- Covers ----------------------------------------------------------------------------------------------------

    def _covers(self) -> None:
        """Write the page to read and the manifest, and be ready."""
        for name, pieces in (("index.html", covers.index), ("manifest.json", covers.manifest)):
            if name in self.there:
                continue
            sheets = [self._sheet(name)]
            with self._discarding(sheets):
                for piece in pieces(self.found):
                    sheets[0].write(piece)
                self._keep(sheets, is_last=name == "manifest.json")

    # --- Units -----------------------------------------------------------------------------------------------------

    def _sheet(self, name: str) -> _Sheet:
        return self._sheets([name])[0]

    def _sheets(self, names: list[str]) -> list[_Sheet]:
        with transaction.atomic():
            drafts = storage.sealed.drafts([place_of(self.found, name) for name in names])
        return [_Sheet(name, draft) for name, draft in zip(names, drafts, strict=True)]

    @contextmanager
    def _discarding(self, sheets: list[_Sheet]) -> Iterator[None]:
        try:
            yield
        finally:
            for sheet in sheets:
                sheet.draft.discard()

    def _keep(self, sheets: list[_Sheet], *, read_at: datetime | None = None, is_last: bool = False) -> None:
        """Give the files of a unit their names and rows, all of them or none."""
        storage.settle([sheet.draft for sheet in sheets])
        with transaction.atomic():
            found = _locked(self.found.pk)
            if found is None:
                raise Over
            storage.finish([sheet.draft for sheet in sheets])
            ReturnFile.objects.bulk_create(self._rows(sheets, read_at))
            found.rows_done, found.moved_at = self.found.rows_done, Now()
            if is_last:
                self._ready(found)
            found.save()
        self.there |= {sheet.name: sheet.upto for sheet in sheets if not sheet.name.endswith(".pdf")}

    def _rows(self, sheets: list[_Sheet], read_at: datetime | None) -> list[ReturnFile]:
        moment: Any = {"read_at": read_at} if read_at else {}
        return [
            ReturnFile(
                account=self.account, of=self.found, name=sheet.name, file=sheet.draft.name, size=sheet.size,
                digest=sheet.sum.hexdigest(), crc=sheet.crc, rows=sheet.rows, upto=sheet.upto, **moment,
            ) for sheet in sheets
        ]  # fmt: skip

    def _ready(self, found: DataReturn) -> None:
        move(found, ReturnState.READY, RETURN_STEPS, clause="6")
        found.rows_done = found.rows_total
        found.ready_at = _moment(connection)
        found.expires_at = end_of(found.ready_at)
        outbox.plan("rights/return_ready", about=found.reference, account=self.account, at=found.ready_at)
        journal.record(
            "return.ready", account=self.account, clause="6", data_return=found.reference, rows=self.found.rows_done
        )

    def _progress(self, rows: int) -> None:
        """Count rows, and at most every second tell of it and look whether they are still wanted."""
        self.found.rows_done += rows
        self.made += rows
        if time.monotonic() - self.told < PACE or connection.in_atomic_block:
            return
        self.told = time.monotonic()
        going = DataReturn.objects.filter(pk=self.found.pk, state=ReturnState.RUNNING)
        if not going.update(rows_done=self.found.rows_done, moved_at=Now()):
            raise Over

    def _is_over(self) -> bool:
        return not DataReturn.objects.filter(pk=self.found.pk, state=ReturnState.RUNNING).exists()


def end_of(ready_at: datetime) -> datetime:
    """The first moment at which an archive that was ready then is there no more: after the last whole day (§6)."""
    return start_of_day(rules.RETURNS_KEPT.after(local_date(ready_at)) + ONE_DAY)


def documents_of(account: Account, *, behind: int) -> models.QuerySet[Document]:
    """The account's documents after this one, by their key."""
    rows = Document.objects.filter(account=account, pk__gt=behind).select_related("account__company")
    return rows.prefetch_related("lines").order_by("pk")


def _lengths(account: Account) -> dict[type[models.Model], int]:
    return {table.model: contents.owned(table, account).count() for table in contents.tables()}


def _rows_of(lengths: Mapping[type[models.Model], int]) -> int:
    """What there is to do: rows of all tables, and one more for each document that is drawn and each upload."""
    more: list[type[models.Model]] = [Document, *(table.model for table, _file in contents.with_files())]
    return sum(lengths.values()) + sum(lengths[model] for model in more)


def _drawn(document: Document) -> tuple[str, bytes]:
    name = contents.document_name(document)
    try:
        return f"{name}.pdf", document_pdf(document)
    except TypstError as error:
        log.error("document %s cannot be drawn: %s", document.reference, type(error).__name__)
        return f"{name}.txt", b"This document could not be drawn; all of it is in document.jsonl and line.jsonl.\n"


def _moment(reading: Any) -> datetime:
    """What time it is on a connection; where a snapshot is to be taken, the first statement takes it."""
    with reading.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]
