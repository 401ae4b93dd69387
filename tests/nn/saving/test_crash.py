"""Processes that are killed while they save: the file is the old or the new one, whole, every time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# Imports once and forks, so that a kill costs milliseconds. The child saves states in which every number says which
# save it was; the parent kills it at a random moment and looks at what is there.
PROGRAM = """
import json, os, random, signal, sys, time
import numpy as np
import nn

path, kills = sys.argv[1], int(sys.argv[2])
folder = os.path.dirname(path)
random.seed(0)

def state(number):
    rng = np.random.default_rng(number)
    return {"number": number, "big": np.full(200_000, number), "some": [rng.random(100) for _ in range(20)]}

def check(loaded):
    number = loaded["number"]
    expected = state(number)
    assert (loaded["big"] == number).all(), "mixed"
    assert all((a == b).all() for a, b in zip(loaded["some"], expected["some"], strict=True)), "mixed"
    return number

nn.save(state(0), path)
seen, leftovers, most = [0], 0, 0
for kill in range(kills):
    child = os.fork()
    if child == 0:
        number = seen[-1]
        while True:
            number += 1
            nn.save(state(number), path)
    time.sleep(random.uniform(0.001, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    number = check(nn.load(path))
    assert number >= seen[-1], "went back"
    seen.append(number)
    names = os.listdir(folder)
    assert os.path.basename(path) in names
    leftovers += len(names) > 1
    most = max(most, len(names))
nn.save(state(1), path)
print(json.dumps({"saves": seen[-1], "leftovers": leftovers, "most": most, "end": os.listdir(folder)}))
"""


def killed(tmp_path, kills, name):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / name), str(kills)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize("name", ["model.npz", "model.safetensors"])
@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_while_saving(tmp_path, kills, name):
    found = killed(tmp_path, kills, name)
    assert found["saves"] >= 1
    assert found["leftovers"] >= 1  # else no kill has hit a save, and the test has tested nothing
    assert found["most"] <= 2  # the file and at most one leftover: they do not pile up
    assert found["end"] == [name]
