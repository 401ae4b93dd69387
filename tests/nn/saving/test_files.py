"""What is no regular file is written to, not replaced; modes and owners stay; foreign names hang nothing."""

import json
import os
import stat
import threading
import time

import pytest

import autograd
import nn
from autograd.errors import CheckpointError

posix = pytest.mark.skipif(os.name != "posix", reason="devices, pipes and modes of POSIX")
LAYER = nn.Linear(3, 4)


@posix
def test_a_device_stays_a_device():
    before = os.stat(os.devnull)
    nn.save(LAYER.state_dict(), os.devnull)
    after = os.stat(os.devnull)
    assert stat.S_ISCHR(after.st_mode)
    assert (before.st_ino, before.st_mode, before.st_rdev) == (after.st_ino, after.st_mode, after.st_rdev)


@posix
@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_a_pipe_gets_the_file(tmp_path, ending):
    pipe, copy = tmp_path / f"pipe{ending}", tmp_path / f"copy{ending}"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: copy.write_bytes(pipe.read_bytes()), daemon=True)
    reader.start()
    nn.save(LAYER.state_dict(), pipe)
    reader.join(30)
    assert stat.S_ISFIFO(os.stat(pipe).st_mode)
    assert autograd.equal(nn.load(copy)["weight"], LAYER.weight)


@posix
def test_mode_and_owner_stay(tmp_path):
    path = tmp_path / "model.npz"
    nn.save({"a": 1}, path)
    path.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(path, 1234, 1234)
    before = path.stat()
    nn.save({"a": 2}, path)
    after = path.stat()
    assert nn.load(path) == {"a": 2}
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@posix
def test_a_pipe_with_the_name_of_a_leftover_hangs_nothing(tmp_path):
    path = tmp_path / "model.npz"
    pipe = tmp_path / ".model.npz.0123456789ab.tmp"
    os.mkfifo(pipe)
    nn.save({"a": 1}, path)
    assert nn.load(path) == {"a": 1}
    assert pipe.exists()


NINES = "9" * 4000


@pytest.mark.parametrize("shape", [[9] * 1_000_000, [0] + [9] * 100_000, "[" + ",".join([NINES] * 2000) + "]"], ids=len)
def test_shapes_without_end_are_refused_at_once(tmp_path, shape):
    text = shape if isinstance(shape, str) else json.dumps(shape)
    header = f'{{"a": {{"dtype": "F32", "shape": {text}, "data_offsets": [0, 4]}}}}'.encode()
    path = tmp_path / "long.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    begin = time.process_time()
    with pytest.raises(CheckpointError, match="axes"):
        nn.load(path)
    assert time.process_time() - begin < 10
