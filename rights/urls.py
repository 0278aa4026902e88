from django.urls import path

from rights.views import asking, corrections, erasure, requests, returns

urlpatterns = [
    path("account/corrections/", corrections.corrections, name="corrections"),
    path("account/corrections/<uuid:reference>/", corrections.correction, name="correction"),
    path("account/corrections/<uuid:reference>/confirm/", corrections.confirm, name="correction-confirm"),
    path("account/corrections/<uuid:reference>/refuse/", corrections.refuse, name="correction-refuse"),
    path("erasure/", erasure.erasure, name="erasure"),
    path("erasure/letter.pdf", erasure.letter, name="erasure-letter"),
    path("erasure/withdraw/", erasure.withdraw, name="erasure-withdraw"),
    path("request/", asking.ask, name="your-rights"),
    path("request/<str:token>/", asking.request, name="your-request"),
    path("request/<str:token>/check/", asking.check, name="your-request-check"),
    path("request/<str:token>/withdraw/", asking.withdraw, name="your-request-withdraw"),
    path("requests/", requests.requests, name="requests"),
    path("requests/<uuid:reference>/", requests.request_page, name="request"),
    path("requests/<uuid:reference>/choose/", requests.choose, name="request-choose"),
    path("requests/<uuid:reference>/finish/", requests.finish, name="request-finish"),
    path("my-data/export/", returns.export, name="export"),
    path("my-data/export/ask/", returns.ask, name="export-ask"),
    path("my-data/export/<uuid:reference>/progress/", returns.progress, name="export-progress"),
    path("my-data/export/<uuid:reference>/cancel/", returns.cancel, name="export-cancel"),
    path("my-data/export/<uuid:reference>/resume/", returns.resume, name="export-resume"),
    path("my-data/export/<uuid:reference>/prove/", returns.prove, name="export-prove"),
    path("my-data/export/<uuid:reference>/archive.zip", returns.archive, name="export-archive"),
]
