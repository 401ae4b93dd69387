"""What is computed for many processes: from figures of which the answer is known."""

import pytest

from benchmarks import cli
from benchmarks.speed.ranks import MODELS, NETWORKS, Step, added, costs, dominates, efficiency, summed

from .test_train import benchmarks

MESSAGE, BYTE = 1e-5, 1e-9
STEP = Step(seconds=0.1, backward_s=0.06, nbytes=4_000_000, first=1_000_000, last=1_000_000)


def test_a_sum_moves_every_byte_twice():
    assert summed(1e9, 1, MESSAGE, BYTE) == 0
    assert summed(1e9, 2, 0, BYTE) == pytest.approx(1)
    assert summed(1e9, 1000, 0, BYTE) == pytest.approx(2, rel=2e-3)
    assert summed(0, 8, MESSAGE, BYTE) == pytest.approx(6 * MESSAGE)  # halving and doubling
    assert summed(0, 2, MESSAGE, BYTE) == pytest.approx(2 * MESSAGE)


def test_what_fits_beside_backward_costs_nothing_but_the_last_bucket():
    assert added(STEP, 64, MESSAGE, BYTE) == summed(STEP.last, 64, MESSAGE, BYTE)
    slow = added(STEP, 64, MESSAGE, 1e-7)  # 0.8 s on the way, of which three quarters of 0.06 s are hidden
    assert slow == pytest.approx(summed(STEP.nbytes, 64, MESSAGE, 1e-7) - 0.045)
    whole = STEP._replace(first=STEP.nbytes, last=STEP.nbytes)  # one bucket: nothing is hidden
    assert added(whole, 64, MESSAGE, BYTE) == summed(STEP.nbytes, 64, MESSAGE, BYTE)


def test_efficiency_falls_with_the_number_of_processes():
    shares = [efficiency(STEP, processes, MESSAGE, 1e-7) for processes in (1, 2, 8, 64, 512)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.95
    assert shares[-1] < 0.2


def test_where_sums_take_longer_than_steps():
    assert dominates(STEP, MESSAGE, BYTE) is None
    assert dominates(STEP, MESSAGE, 1e-6) == 2
    found = dominates(STEP, 5e-3, BYTE)
    assert summed(STEP.nbytes, found, 5e-3, BYTE) > STEP.seconds
    assert summed(STEP.nbytes, found - 1, 5e-3, BYTE) <= STEP.seconds


@pytest.mark.parametrize("processes", [2, 4])
@pytest.mark.parametrize("network", NETWORKS)
def test_costs_are_found_again(network, processes):
    sums = [(nbytes, summed(nbytes, processes, *NETWORKS[network])) for nbytes in (4, 1 << 16, 1 << 26)]
    assert costs(sums, processes) == pytest.approx(NETWORKS[network], rel=1e-2)


def test_an_unknown_model_is_an_error(capsys):
    assert cli.main(["ranks", "--only", "vgg"]) == 2
    assert "vgg" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command(tmp_path):
    done = benchmarks("ranks", "--only", "mlp", "--seconds", "0.2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(MODELS["mlp"]) >= 1 + len(NETWORKS)
    assert "measured" in done.stdout
