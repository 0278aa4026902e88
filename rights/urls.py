from django.urls import path

from rights.views import erasure, returns

urlpatterns = [
    path("erasure/", erasure.erasure, name="erasure"),
    path("erasure/letter.pdf", erasure.letter, name="erasure-letter"),
    path("erasure/withdraw/", erasure.withdraw, name="erasure-withdraw"),
    path("my-data/export/", returns.export, name="export"),
    path("my-data/export/ask/", returns.ask, name="export-ask"),
    path("my-data/export/<uuid:reference>/progress/", returns.progress, name="export-progress"),
    path("my-data/export/<uuid:reference>/cancel/", returns.cancel, name="export-cancel"),
    path("my-data/export/<uuid:reference>/resume/", returns.resume, name="export-resume"),
    path("my-data/export/<uuid:reference>/prove/", returns.prove, name="export-prove"),
    path("my-data/export/<uuid:reference>/archive.zip", returns.archive, name="export-archive"),
]
