from django.urls import path

from rights.views import erasure, requests

urlpatterns = [
    path("erasure/", erasure.erasure, name="erasure"),
    path("erasure/letter.pdf", erasure.letter, name="erasure-letter"),
    path("erasure/withdraw/", erasure.withdraw, name="erasure-withdraw"),
    path("requests/", requests.requests, name="requests"),
    path("requests/<uuid:reference>/", requests.request_page, name="request"),
    path("requests/<uuid:reference>/choose/", requests.choose, name="request-choose"),
    path("requests/<uuid:reference>/finish/", requests.finish, name="request-finish"),
]
