from django.urls import path

from board import views

urlpatterns = [path("board/<str:token>.ics", views.feed, name="deadlines-feed")]
