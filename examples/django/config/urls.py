"""URLs: Centrifugo's proxies and the token for clients."""

from django.urls import include, path

urlpatterns = [path("centrifugo/", include("centrifugo_rpc.django.urls"))]
