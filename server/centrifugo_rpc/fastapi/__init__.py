"""RPC methods in a FastAPI application: doors for Centrifugo, tokens, dependencies.

::

    app = FastAPI()
    rpc = CentrifugoRPC(app, user=current_user)
    app.include_router(rpc.router)
"""

from .depends import CurrentConn
from .integration import CentrifugoRPC, ConnectionToken, SubscriptionToken

__all__ = ["CentrifugoRPC", "ConnectionToken", "CurrentConn", "SubscriptionToken"]
