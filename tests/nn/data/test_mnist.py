"""MNIST and FashionMNIST: finding, verifying and downloading files, against a server on this machine."""

import functools
import gzip
import hashlib
import http.server
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from autograd.errors import DataError
from nn.data import MNIST, FashionMNIST, write_idx
from nn.data.download import data_root, fetch
from nn.data.mnist import Published


def write_mnist(folder, count=20, packed=True, seed=0):
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    end = ".gz" if packed else ""
    for part in ("train", "t10k"):
        write_idx(folder / f"{part}-images-idx3-ubyte{end}", rng.integers(0, 256, (count, 28, 28)).astype(np.uint8))
        write_idx(folder / f"{part}-labels-idx1-ubyte{end}", (np.arange(count) % 10).astype(np.uint8))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Nothing: some tests hang up in the middle of an answer."""


@pytest.fixture
def server(tmp_path):
    """A folder, and the address under which it is served."""
    folder = tmp_path / "served"
    folder.mkdir()
    httpd = Server(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{httpd.server_port}/"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def published(folder):
    """MNIST as it would be if the files in `folder` were the published ones."""
    files = {}
    for train, part in ((True, "train"), (False, "t10k")):
        entries = []
        for name in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"):
            packed = (folder / f"{name}.gz").read_bytes()
            sha256 = hashlib.sha256(gzip.decompress(packed)).hexdigest()
            entries.append(Published(name, sha256, hashlib.md5(packed).hexdigest()))
        files[train] = tuple(entries)
    return files


@pytest.mark.parametrize("folder", ["mnist", "MNIST/raw", "."])
@pytest.mark.parametrize("packed", [True, False])
def test_files_are_found(tmp_path, folder, packed):
    write_mnist(tmp_path / folder, packed=packed)
    data = MNIST(tmp_path, verify=False, download=False)
    assert (len(data), data.images.dtype, data.images.shape) == (20, np.uint8, (20, 28, 28))
    assert data.targets.dtype == np.int64
    assert data.data is data.images
    assert data[3][1] == 3
    assert len(MNIST(tmp_path, train=False, verify=False, download=False)) == 20


def test_root_comes_from_the_environment(tmp_path, monkeypatch):
    write_mnist(tmp_path / "mnist")
    monkeypatch.setenv("WENGERT_DATA", str(tmp_path))
    assert len(MNIST(verify=False, download=False)) == 20
    assert data_root("elsewhere") == Path("elsewhere")


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/wengert"),
        ("linux", {"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/wengert"),
        ("linux", {"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/wengert"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/wengert"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/wengert"),
    ],
)
def test_default_root(monkeypatch, platform, variables, folder):
    monkeypatch.delenv("WENGERT_DATA", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert data_root() == Path(folder)


def test_known_names_must_have_the_known_content(tmp_path):
    write_mnist(tmp_path / "mnist")
    with pytest.raises(DataError, match=r"wanted sha256 ba891046.*got [0-9a-f]{64}; verify=False accepts") as caught:
        MNIST(tmp_path, download=False)
    assert "train-images-idx3-ubyte.gz" in str(caught.value)


def test_missing_files_say_where_they_were_looked_for(tmp_path):
    with pytest.raises(DataError, match=r"no train-images-idx3-ubyte .*mnist, .*raw"):
        MNIST(tmp_path, download=False)
    with pytest.raises(DataError, match="there is none"):
        MNIST(tmp_path / "nowhere", download=False)


def test_files_that_do_not_belong_together(tmp_path):
    write_mnist(tmp_path)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.zeros(19, np.uint8))
    with pytest.raises(DataError, match=r"20 images, .* 19 labels"):
        MNIST(tmp_path, verify=False)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.full(20, 10, np.uint8))
    with pytest.raises(DataError, match="labels 0 to 9, got 10"):
        MNIST(tmp_path, verify=False)
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", np.zeros((20, 27, 28), np.uint8))
    with pytest.raises(DataError, match="28x28 pixels, got 27x28"):
        MNIST(tmp_path, verify=False)
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", np.zeros((20, 28), np.uint8))
    with pytest.raises(DataError, match="3 dimension"):
        MNIST(tmp_path, verify=False)


def test_download(tmp_path, server, monkeypatch):
    folder, address = server
    write_mnist(folder)
    monkeypatch.setattr(MNIST, "files", published(folder))
    monkeypatch.setattr(MNIST, "mirrors", (f"{address}nowhere/", address))
    root = tmp_path / "cache"
    assert len(MNIST(root)) == 20
    assert sorted(path.name for path in (root / "mnist").iterdir()) == [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
    ]
    (folder / "train-images-idx3-ubyte.gz").unlink()
    assert len(MNIST(root)) == 20  # from the cache


def test_a_download_with_another_content_is_refused(tmp_path, server, monkeypatch):
    folder, address = server
    write_mnist(folder)
    monkeypatch.setattr(MNIST, "mirrors", (address,))
    with pytest.raises(DataError, match=r"cannot download train-images.*wanted md5 f68b3c2d\w+, got \w{32}"):
        MNIST(tmp_path / "cache")
    assert list((tmp_path / "cache" / "mnist").iterdir()) == []


def test_no_mirror_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(MNIST, "mirrors", ("http://127.0.0.1:9/", "file:///etc/"))
    with pytest.raises(DataError, match=r"cannot download .*refused.*only http and https") as caught:
        MNIST(tmp_path, timeout=1)
    assert "\n" not in str(caught.value)


def test_fetch_limits(tmp_path, server):
    folder, address = server
    (folder / "big").write_bytes(bytes(200_000))
    with pytest.raises(DataError, match="more than 1000 bytes"):
        fetch([f"{address}big"], tmp_path / "out" / "big", lambda path: None, max_bytes=1000)
    with pytest.raises(DataError, match="not finished after"):
        fetch([f"{address}big"], tmp_path / "out" / "big", lambda path: None, deadline=-1)
    assert list((tmp_path / "out").iterdir()) == []


def test_fetch_into_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        fetch([], tmp_path / "file" / "x", lambda path: None)


def test_fashion(tmp_path):
    write_mnist(tmp_path / "FashionMNIST" / "raw")
    data = FashionMNIST(tmp_path, verify=False, download=False)
    assert data.classes[9] == "Ankle boot"
    with pytest.raises(DataError, match="c59f468a"):
        FashionMNIST(tmp_path, download=False)


@pytest.mark.parametrize(("cls", "size"), [(MNIST, 60_000), (FashionMNIST, 60_000)])
def test_the_real_thing_where_it_is(cls, size):
    try:
        train, test = cls(download=False), cls(train=False, download=False)
    except DataError as error:
        if "no train-images" not in str(error):
            raise
        pytest.skip("needs the data set under WENGERT_DATA")
    assert (len(train), len(test)) == (size, 10_000)
    images = train.tensors()[0].numpy()
    assert abs(images.mean()) < 1e-3
    assert abs(images.std() - 1) < 1e-3
