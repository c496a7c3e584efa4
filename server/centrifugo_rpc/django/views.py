"""Views: Centrifugo's two proxies, tokens for clients, pages for operations."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from centrifugo_rpc.proxy import SECRET_HEADER, Answer, Proxy
from centrifugo_rpc.settings import SettingsError

from .conf import worker_settings
from .runtime import Runtime, runtime
from .tokens import connection_token, user_id

_logger = logging.getLogger(__name__)
_JSON = "application/json"
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


@csrf_exempt
@require_POST
async def publish(request: HttpRequest) -> HttpResponseBase:
    """Answer Centrifugo's publish proxy: accept a request, whose reply comes later."""

    async def accept(proxy: Proxy, body: bytes) -> Answer:
        return proxy.publish(body)

    return await _answer(request, accept)


@csrf_exempt
@require_POST
async def rpc(request: HttpRequest) -> HttpResponseBase:
    """Answer Centrifugo's RPC proxy with the reply."""
    return await _answer(request, Proxy.rpc)


@never_cache
@require_safe
def token(request: HttpRequest) -> HttpResponseBase:
    """Give the user who is logged in a token, and what a client needs beside it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return JsonResponse({"error": "not logged in"}, status=401)
    return JsonResponse(
        {
            "token": connection_token(user),
            "user": user_id(user),
            "url": worker_settings().ws_url,
        }
    )


@require_safe
def metrics(_: HttpRequest) -> HttpResponseBase:
    """Show this process's counters to Prometheus; not in ``urls``, where all see it."""
    return HttpResponse(runtime().metrics.text(), _TEXT)


@require_safe
def readyz(_: HttpRequest) -> HttpResponseBase:
    """Tell whether this process takes requests; not in ``urls``."""
    ready = not runtime().dispatcher.draining
    text = "ok" if ready else "shutting down"
    return JsonResponse({"status": text}, status=200 if ready else 503)


async def _answer(
    request: HttpRequest, ask: Callable[[Proxy, bytes], Coroutine[Any, Any, Answer]]
) -> HttpResponseBase:
    """Ask the worker, if it is Centrifugo who asks."""
    worker, body = runtime(), request.body
    proxy = _proxy(worker)
    if not _is_centrifugo(proxy, request):
        return HttpResponse(b"{}", _JSON, 401)
    return _response(await worker.run(lambda: ask(proxy, body)))


def _proxy(worker: Runtime) -> Proxy:
    try:
        return worker.proxy
    except SettingsError as error:
        raise ImproperlyConfigured(str(error)) from error


def _is_centrifugo(proxy: Proxy, request: HttpRequest) -> bool:
    known = proxy.knows(request.headers.get(SECRET_HEADER))
    if not known:
        _logger.warning("refused a request without the right %s", SECRET_HEADER)
    return known


def _response(answer: Answer) -> HttpResponseBase:
    return HttpResponse(answer.body, _JSON, answer.status)
