"""A real MCP server on loopback: the SDK's own, over streamable HTTP, served by uvicorn in a thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator


def tools() -> MCPServer:
    """A server with two tools: one that adds, one that fails."""
    server = MCPServer("sums", log_level="CRITICAL")

    @server.tool()
    def add(first: int, second: int) -> int:
        """Add two numbers."""
        return first + second

    @server.tool()
    def fail(reason: str) -> str:
        """Fail."""
        raise ToolError(reason)

    return server


@contextlib.contextmanager
def serving(*, plain: bool = False) -> Iterator[str]:
    """The URL of an MCP endpoint while it is served; `plain`: it answers in JSON where it would stream."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = tools().streamable_http_app(json_response=plain)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
