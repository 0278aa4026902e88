"""What somebody uploads, until it is sealed: small ones in memory, large ones in a file without a name (§7).

Such a file is gone with the request, and with the process should that be killed; nobody else can open it. Of what is
longer than anything here may be only the length is noted, so that a form can say so.
"""

from __future__ import annotations

import tempfile
from typing import Any

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, MemoryFileUploadHandler
from django.utils.translation import gettext as _

from cannonworks.errors import Refused

InMemory = MemoryFileUploadHandler

#: Bytes of one file that are kept; each form has a bound of its own below this.
MOST = 64 * 1024**2
#: How files begin, and what their names end in: a name may say anything.
ENDINGS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}


def ending_of(begin: bytes) -> str:
    """What the name of a file that begins like this ends in: "pdf"; empty when it is no PDF, JPEG or PNG."""
    return next((ending for mark, ending in ENDINGS.items() if begin.startswith(mark)), "")


#: Bytes of one paper that somebody scanned or wrote.
MOST_OF_A_PAPER = 10 * 1024**2


def paper(file: File, *, clause: str) -> tuple[bytes, str]:
    """Content and ending ("pdf", "jpg", "png") of a paper. Refused when it is something else, empty or too large."""
    if (file.size or 0) > MOST_OF_A_PAPER:
        raise Refused("paper_too_large", _("This file is larger than 10 MB. Scan it less sharply."), clause=clause)
    file.seek(0)
    content = file.read()
    ending = ending_of(content[:16])
    if not ending:
        raise Refused("no_paper", _("This file is no PDF, JPEG or PNG. Save it as one of these."), clause=clause)
    return content, ending


class Nameless(FileUploadHandler):
    """Takes what is too long for memory."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file: Any = UploadedFile(
            tempfile.TemporaryFile(),  # noqa: SIM115  closed with the request
            self.file_name, self.content_type, 0, self.charset, self.content_type_extra,
        )  # fmt: skip

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) <= MOST:
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> Any:
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()
