"""What is measured of a machine: the choices it comes to, and that they are kept."""

import pytest

from autograd import tuning
from kernels.machine import choices, fast, jit, threads


def test_a_size_is_that_from_which_on_nothing_is_lost():
    assert tuning.crossing({64: 0.5, 128: 0.9, 256: 1.5, 512: 2.0}, 64) == 256
    assert tuning.crossing({64: 0.5, 128: 1.9, 256: 0.7, 512: 2.0}, 64) == 512
    assert tuning.crossing({64: 1.5, 128: 1.9, 256: 1.7}, 256) == 64
    assert tuning.crossing({64: 0.5, 128: 0.6}, 128) == 256  # never, as far as was measured


def test_the_default_stays_where_another_size_gains_nothing():
    assert tuning.crossing({64: 0.98, 128: 1.02, 256: 1.5}, 64) == 64
    assert tuning.crossing({64: 1.02, 128: 1.05, 256: 1.5}, 256) == 256


@pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")
def test_every_choice_is_measured(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(choices, "ASKED", "")
    monkeypatch.setattr(tuning, "RANGE", range(-1, 1))
    monkeypatch.setattr(tuning, "_tiles", lambda seconds: tuning.Choice("large tiles", 784, 196, ""))
    before, count = {name: size.least for name, size in fast.SIZES.items()}, threads.get_num_threads()
    threads.set_num_threads(2)
    found = list(tuning.measured(0.0))
    threads.set_num_threads(count)
    assert {name: size.least for name, size in fast.SIZES.items()} == before
    names = ["level 1", "level 2", "thread", *(f"size {name}" for name in tuning.TWINS), "large tiles"]
    assert [choice.name for choice in found] == names
    for choice in found:
        assert choice.found > 0
        assert choice.name.startswith(("level", "thread", "large")) or choice.default == fast.DEFAULTS[choice.name[5:]]
    file = tuning.keep(found)
    assert file.parent == tmp_path
    assert choices.read(choices.places()) == {choice.name: choice.found for choice in found}
    assert tuning.defaults() == [file]
