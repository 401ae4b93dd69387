"""`import autograd.nn as nn`: import statements find what attributes find, and no module is loaded twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FOUND = {
    "import autograd.nn as found": "nn",
    "import autograd.optim as found": "nn.optim",
    "from autograd.nn import functional as found": "nn.functional",
    "import autograd.nn.functional as found": "nn.functional",
    "import autograd.nn.utils.rnn as found": "nn.utils.rnn",
    "import autograd.optim.lr_scheduler as found": "nn.optim.lr_scheduler",
    "import autograd.distributions as found": "nn.distributions",
    "import autograd.utils.data as found": "autograd.utils.data",
    "import autograd.autograd.functional as found": "autograd.functional",
    "import autograd.linalg as found": "autograd.linalg",
    "import autograd.backends.cudnn as found; found.benchmark = True": "switches",
    "from autograd.nn.modules import conv as found": "nn.modules.conv",
}

REFUSED = {
    "import autograd.sparse": "autograd.sparse is not here: there are no sparse Tensors",
    "import autograd.fx": "autograd.fx is not here: programs are not captured",
    "import autograd.nn.quantized": "nn.quantized is not here: there are no quantised Tensors",
    "from autograd.monitor import Event": "autograd.monitor is not here: ",
    "import autograd.nothing": "No module named 'autograd.nothing'",
    "import autograd.nn.nothing": "No module named 'autograd.nn.nothing'",
    "import autograd.nn.functional.relu": "No module named 'autograd.nn.functional.relu'",
    "import autograd.tensor.nothing": "No module named 'autograd.tensor'",
}

SCRIPT = """
import json, sys
results = {}
for line in json.loads(sys.argv[1]):
    try:
        scope = {}
        exec(line, scope)
        results[line] = scope["found"].__name__ if "found" in scope else ""
    except ImportError as error:
        results[line] = f"{type(error).__name__}: {error}"
import autograd, nn
twice = {}
for name, module in list(sys.modules.items()):
    if getattr(module, "__file__", None):
        twice.setdefault(module.__file__, set()).add(id(module))
results["twice"] = [file for file, ids in twice.items() if len(ids) > 1]
results["specs"] = [autograd.nn.__spec__.name, autograd.nn.functional.__spec__.name, autograd.optim is nn.optim]
results["path"] = [type(x).__name__ + getattr(x, "__name__", "") for x in sys.meta_path]
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def results():
    lines = [*FOUND, *REFUSED]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(lines)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("line", FOUND)
def test_an_import_finds_what_the_attribute_is(results, line):
    assert results[line] == FOUND[line]


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_not_here_is_an_import_error_with_the_reason(results, line):
    assert results[line].startswith(f"ModuleNotFoundError: {REFUSED[line]}")


def test_no_module_is_loaded_twice_and_each_stays_what_it_is(results):
    assert results["twice"] == []
    assert results["specs"] == ["nn", "nn.functional", True]
    assert results["path"][0] == "typeInside"
    assert results["path"][-1] == "typeElsewhere"
    assert len(set(results["path"])) == len(results["path"])
