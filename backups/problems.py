"""The one error of this app: what is wrong with a backup, or stands in the way of one."""

from __future__ import annotations


class BackupProblem(Exception):
    """``code`` for the journal (a word of ours, no data), ``message`` in one line for whoever has to mend it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message
