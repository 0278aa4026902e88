from django.urls import path

from rights.views import corrections, erasure

urlpatterns = [
    path("account/corrections/", corrections.corrections, name="corrections"),
    path("account/corrections/<uuid:reference>/", corrections.correction, name="correction"),
    path("account/corrections/<uuid:reference>/confirm/", corrections.confirm, name="correction-confirm"),
    path("account/corrections/<uuid:reference>/refuse/", corrections.refuse, name="correction-refuse"),
    path("erasure/", erasure.erasure, name="erasure"),
    path("erasure/letter.pdf", erasure.letter, name="erasure-letter"),
    path("erasure/withdraw/", erasure.withdraw, name="erasure-withdraw"),
]
