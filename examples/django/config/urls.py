"""URLs: the REST API, Centrifugo's proxies and the token for clients."""

from django.urls import include, path

from .api import api

urlpatterns = [
    path("api/", api.urls),
    path("centrifugo/", include("centrifugo_rpc.django.urls")),
]
