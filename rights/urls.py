from django.urls import path

from rights.views import asking, erasure

urlpatterns = [
    path("erasure/", erasure.erasure, name="erasure"),
    path("erasure/letter.pdf", erasure.letter, name="erasure-letter"),
    path("erasure/withdraw/", erasure.withdraw, name="erasure-withdraw"),
    path("request/", asking.ask, name="your-rights"),
    path("request/<str:token>/", asking.request, name="your-request"),
    path("request/<str:token>/check/", asking.check, name="your-request-check"),
    path("request/<str:token>/withdraw/", asking.withdraw, name="your-request-withdraw"),
]
