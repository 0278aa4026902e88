from django.urls import path

from rights import views

urlpatterns = [
    path("erasure/", views.erasure, name="erasure"),
    path("erasure/letter.pdf", views.letter, name="erasure-letter"),
    path("erasure/withdraw/", views.withdraw, name="erasure-withdraw"),
]
