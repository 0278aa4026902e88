from django.urls import path

from rights.views import erasure

urlpatterns = [
    path("erasure/", erasure.erasure, name="erasure"),
    path("erasure/letter.pdf", erasure.letter, name="erasure-letter"),
    path("erasure/withdraw/", erasure.withdraw, name="erasure-withdraw"),
]
