"""Downloads end when they should: servers that drip, redirects to elsewhere."""

import socket
import threading
import time

import pytest

from autograd.errors import DataError
from nn.data.download import fetch


@pytest.fixture
def answering():
    """answering(behave) -> the address of a server of one connection, which `behave(connection)` answers."""
    servers = []

    def start(behave):
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def run():
            try:
                connection, _ = server.accept()
                with connection:
                    connection.recv(4096)
                    behave(connection)
            except OSError:
                pass  # the client has gone, as it should

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/file"

    yield start
    for server in servers:
        server.close()


def drip(connection, text):
    for byte in text:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize("what", ["headers", "body"])
def test_the_deadline_holds_against_a_dripping_server(answering, tmp_path, what):
    def behave(connection):
        if what == "body":
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n")
        drip(connection, b"HTTP/1.0 200 OK\r\n" + b"X-Header: more and more\r\n" * 50)

    begin = time.monotonic()
    with pytest.raises(DataError, match=r"not finished after 0\.5 s"):
        fetch([answering(behave)], tmp_path / "file", lambda path: None, timeout=5, deadline=0.5)
    assert time.monotonic() - begin < 3
    assert list(tmp_path.iterdir()) == []


def test_the_next_mirror_is_asked_after_one_that_drips(answering, tmp_path):
    def good(connection):
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nfour")

    def bad(connection):
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n")
        drip(connection, b"x" * 60)

    fetch([answering(bad), answering(good)], tmp_path / "file", lambda path: None, timeout=5, deadline=0.5)
    time.sleep(0.2)  # what still drips goes nowhere
    assert (tmp_path / "file").read_bytes() == b"four"


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/x", "file:///etc/passwd"])
def test_redirects_stay_on_the_web(answering, tmp_path, target):
    def behave(connection):
        connection.sendall(b"HTTP/1.0 302 Found\r\nLocation: " + target.encode() + b"\r\n\r\n")

    with pytest.raises(DataError, match=r"only http and https|not allowed"):
        fetch([answering(behave)], tmp_path / "file", lambda path: None, timeout=5)
    assert list(tmp_path.iterdir()) == []


def test_redirects_to_the_web_are_followed(answering, tmp_path):
    def good(connection):
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nfound")

    address = answering(good)

    def behave(connection):
        connection.sendall(b"HTTP/1.0 302 Found\r\nLocation: " + address.encode() + b"\r\n\r\n")

    fetch([answering(behave)], tmp_path / "file", lambda path: None, timeout=5)
    assert (tmp_path / "file").read_bytes() == b"found"
