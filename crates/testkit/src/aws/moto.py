"""Serves moto on a free port of the loopback until standard input ends, and says which port."""

import logging
import os
import sys

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

import threading

logging.getLogger("werkzeug").setLevel(logging.ERROR)
MotoRequestHandler.protocol_version = "HTTP/1.1"
server = make_server(
    "127.0.0.1",
    0,
    DomainDispatcherApplication(create_backend_app),
    threaded=True,
    request_handler=MotoRequestHandler,
)
# moto asks itself for this in links that it hands out.
os.environ["MOTO_PORT"] = str(server.server_address[1])


def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
print(server.server_address[1], flush=True)
server.serve_forever()
