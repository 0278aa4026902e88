"""Our own files on their way to the browser: compressed, and in production under names with their digest.

See docs/decisions/0027-compression.md.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: What gets smaller; archives, PDFs and what is encrypted only cost time.
TEXTS = ("text/", "application/json", "application/problem+json", "application/javascript", "image/svg+xml")


class Assets(CompressedManifestStaticFilesStorage):
    """Collected files have a digest in their name, so a browser keeps each for ever; those that were not, have none."""

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name


class CompressionMiddleware(GZipMiddleware):
    """Compress texts, with some random bytes to each: its length then tells nothing of what is in it (BREACH)."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        if not response.get("Content-Type", "").startswith(TEXTS):
            return response
        return super().process_response(request, response)  # type: ignore[arg-type]
