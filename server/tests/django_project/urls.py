"""Centrifugo's URLs, under the path that ``wsgen centrifugo-config`` writes."""

from centrifugo_rpc.django import views
from django.urls import include, path

urlpatterns = [
    path("centrifugo/", include("centrifugo_rpc.django.urls")),
    path("metrics", views.metrics),
    path("readyz", views.readyz),
]
