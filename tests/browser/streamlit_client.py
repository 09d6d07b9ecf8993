"""A page as Streamlit serves it, without a browser: what the server sends over its connection, and to whom."""

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.sync.client import ClientConnection, connect

from tests.browser.serving import Server


class Tab:
    """One open page."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def open(self, page: str = "", query: str = "", press: str = "") -> str:
        """Ask for a page by its address, with a button pressed if need be, and give all that the server sends."""
        states = WidgetStates(widgets=[WidgetState(id=press, trigger_value=True)] if press else [])
        asked = ClientState(page_name=page, query_string=query, widget_states=states)
        self._connection.send(BackMsg(rerun_script=asked).SerializeToString())
        sent = []
        while True:
            message = ForwardMsg.FromString(self._connection.recv(timeout=120))
            sent.append(message)
            if message.WhichOneof("type") == "script_finished":
                return "\n".join(map(str, sent))


@contextmanager
def tab(server: Server, cookie: str = "") -> Iterator[Tab]:
    """Open a page of a server, with the cookies of somebody."""
    headers = {"Cookie": cookie} if cookie else {}
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], additional_headers=headers, max_size=None) as connection:
        yield Tab(connection)
