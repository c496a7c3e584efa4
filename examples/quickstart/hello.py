"""A FastAPI application with one method."""

from centrifugo_rpc import Conn, websocket_rpc
from centrifugo_rpc.fastapi import CentrifugoRPC
from fastapi import FastAPI
from pydantic import BaseModel


class Name(BaseModel):
    """Whom to greet."""

    name: str = "world"


class Greeting(BaseModel):
    """Words, and whose they are."""

    text: str
    from_user: str


@websocket_rpc("greetings.hello", idempotent=True)
async def hello(conn: Conn, params: Name) -> Greeting:
    """Greet somebody."""
    return Greeting(text=f"Hello, {params.name}!", from_user=conn.user)


app = FastAPI(title="Greetings", version="1.0.0")
rpc = CentrifugoRPC(app)
app.include_router(rpc.router)
