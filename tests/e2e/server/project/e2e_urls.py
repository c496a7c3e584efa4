"""The example's URLs, and one that ends the worker in the web process."""  # noqa: INP001 - it stands beside the example's manage.py

import asyncio

from centrifugo_rpc.django import runtime
from config.urls import urlpatterns as example
from django.http import HttpRequest, HttpResponse
from django.urls import path


async def stop(_: HttpRequest) -> HttpResponse:
    """Finish the calls that run: a server's shutdown waits for native ones first."""
    await asyncio.to_thread(runtime.close)
    return HttpResponse()


urlpatterns = [*example, path("stop", stop)]
