"""Checkpoints of training runs: resumed is bit for bit the same as never interrupted."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import CheckpointError, SettingError
from nn.data import DataLoader, TensorDataset
from nn.optim import lr_scheduler

ROOT = Path(__file__).parents[3]

OPTIMIZERS = {
    "SGD": lambda p: nn.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: nn.optim.Adam(p, lr=0.01),
    "AdamW": lambda p: nn.optim.AdamW(p, lr=0.01, amsgrad=True),
    "RMSprop": lambda p: nn.optim.RMSprop(p, lr=0.01, momentum=0.9, centered=True),
    "Adagrad": lambda p: nn.optim.Adagrad(p, lr=0.1),
    "Adadelta": lambda p: nn.optim.Adadelta(p),
    "Adamax": lambda p: nn.optim.Adamax(p, lr=0.01),
    "NAdam": lambda p: nn.optim.NAdam(p, lr=0.01),
    "RAdam": lambda p: nn.optim.RAdam(p, lr=0.01),
    "ASGD": lambda p: nn.optim.ASGD(p, lr=0.01),
    "Rprop": lambda p: nn.optim.Rprop(p, lr=0.01),
    "LBFGS": lambda p: nn.optim.LBFGS(p, lr=0.1, max_iter=3, line_search_fn="strong_wolfe"),
}
SCHEDULERS = {
    "none": lambda o: None,
    "StepLR": lambda o: lr_scheduler.StepLR(o, 1, 0.5),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [1, 3]),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.9**epoch),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 4),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=100),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, cycle_momentum=False),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.9),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.1), lr_scheduler.ExponentialLR(o, 0.9)], [2]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o, 0.1), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
}


class Everything:
    """All objects of a training run, made from a seed."""

    def __init__(self, optimizer="Adam", scheduler="StepLR", seed=0, workers=0):
        autograd.manual_seed(seed)
        rng = np.random.default_rng(1)
        x = rng.standard_normal((50, 6)).astype(np.float32)
        y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
        self.order = autograd.Generator().manual_seed(seed + 5)
        self.loader = DataLoader(TensorDataset(x, y), 16, shuffle=True, generator=self.order, num_workers=workers)
        self.model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2))
        self.optimizer = OPTIMIZERS[optimizer](self.model.parameters())
        self.scheduler = SCHEDULERS[scheduler](self.optimizer)
        self.losses = []

    def train(self, epochs):
        loss_function = nn.CrossEntropyLoss()
        for _ in range(epochs):
            for x, y in self.loader:

                def closure(x=x, y=y):
                    self.optimizer.zero_grad()
                    loss = loss_function(self.model(x), y)
                    loss.backward()
                    self.losses.append(loss.item())
                    return loss

                if isinstance(self.optimizer, nn.optim.LBFGS):
                    self.optimizer.step(closure)
                else:
                    closure()
                    self.optimizer.step()
            if isinstance(self.scheduler, lr_scheduler.ReduceLROnPlateau):
                self.scheduler.step(self.losses[-1])
            elif self.scheduler is not None:
                self.scheduler.step()

    def parts(self):
        return {
            "model": self.model,
            "optimizer": self.optimizer,
            "scheduler": self.scheduler,
            "generator": self.order,
        }

    def bits(self):
        """All numbers of the run as bytes, by where they are."""
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "losses": self.losses}
        if self.scheduler is not None:
            state["scheduler"] = self.scheduler.state_dict()
        state["random"] = [autograd.get_rng_state(), self.order.get_state()]
        return flat(state)


def flat(value, path=""):
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in flat(item, f"{path}/{key}").items()}
    if isinstance(value, (list, tuple)):
        return {k: v for key, item in enumerate(value) for k, v in flat(item, f"{path}/{key}").items()}
    if isinstance(value, autograd.Tensor):
        return {path: (str(value.numpy().dtype), tuple(value.shape), value.detach().numpy().tobytes())}
    return {path: repr(value)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


def halfway(path, **how):
    run = Everything(**how)
    run.train(2)
    nn.save_checkpoint(path, epoch=2, losses=run.losses, **run.parts())


def resumed(path, **how):
    run = Everything(seed=99, **how)
    state = nn.load_checkpoint(path, **{name: part for name, part in run.parts().items() if part is not None})
    run.losses = list(state["losses"])
    run.train(4 - state["epoch"])
    return run.bits()


def uninterrupted(**how):
    run = Everything(**how)
    run.train(4)
    return run.bits()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_resumed_run_is_the_uninterrupted_one(path, optimizer):
    halfway(path, optimizer=optimizer)
    expected = uninterrupted(optimizer=optimizer)
    assert len(expected) > 20
    assert resumed(path, optimizer=optimizer) == expected


@pytest.mark.filterwarnings("ignore:Detected call of")
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_schedules_resume(path, scheduler):
    halfway(path, scheduler=scheduler)
    assert resumed(path, scheduler=scheduler) == uninterrupted(scheduler=scheduler)


def test_resuming_in_another_process(path):
    """And with another number of threads that prepare the batches."""
    halfway(path)
    code = (
        "import sys, pickle\nfrom tests.nn.saving.test_checkpoint import resumed\n"
        "sys.stdout.buffer.write(pickle.dumps(resumed(sys.argv[1], workers=2)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert pickle.loads(done.stdout) == uninterrupted()


def test_the_test_can_fail(path):
    """Without the generators, the resumed run is another one."""
    halfway(path)
    run = Everything(seed=99)
    nn.load_checkpoint(path, model=run.model, optimizer=run.optimizer, scheduler=run.scheduler)
    run.train(2)
    assert run.bits() != uninterrupted()


def test_for_using_a_model_only_the_model_is_needed(path):
    halfway(path)
    model = Everything().model
    autograd.manual_seed(3)
    before = autograd.get_rng_state().tolist()
    state = nn.load_checkpoint(path, model=model)
    assert autograd.get_rng_state().tolist() == before
    assert state["epoch"] == 2
    assert set(state) == {"model", "optimizer", "scheduler", "epoch", "random", "generator", "losses"}
    assert model[0].weight.tolist() == state["model"]["0.weight"].tolist()


def test_several_generators(path):
    a, b = autograd.Generator().manual_seed(1), autograd.Generator().manual_seed(2)
    nn.save_checkpoint(path, generator={"a": a, "b": b})
    drawn = autograd.rand(3, generator=b).tolist()
    nn.load_checkpoint(path, generator={"a": a, "b": b})
    assert autograd.rand(3, generator=b).tolist() == drawn
    for other in (a, {"a": a}, {"a": a, "c": b}):
        with pytest.raises(CheckpointError, match="other generators: a, b"):
            nn.load_checkpoint(path, generator=other)


def test_a_checkpoint_that_does_not_fit_changes_nothing(path):
    halfway(path)
    run = Everything(seed=7)
    other = nn.optim.Adam(nn.Linear(6, 16).parameters())
    before = run.bits()
    with pytest.raises(CheckpointError, match="parameter group"):
        nn.load_checkpoint(path, model=run.model, scheduler=run.scheduler, generator=run.order, optimizer=other)
    assert run.bits() == before
    with pytest.raises(CheckpointError, match="size mismatch"):
        nn.load_checkpoint(path, model=nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.ReLU(), nn.Linear(16, 2)))
    before = run.bits()  # making that model has drawn random numbers
    with pytest.raises(CheckpointError, match="other generators: a single one"):
        nn.load_checkpoint(path, model=run.model, optimizer=run.optimizer, generator={"a": run.order})
    assert run.bits() == before


def test_strange_files(path):
    nn.save({"model": {}}, path)
    with pytest.raises(CheckpointError, match=r"run\.npz was not written by save_checkpoint"):
        nn.load_checkpoint(path)
    nn.save_checkpoint(path, model=nn.Linear(1, 1))
    with pytest.raises(CheckpointError, match="has no state of a optimizer; it has model, epoch, random"):
        nn.load_checkpoint(path, optimizer=nn.optim.SGD(nn.Linear(1, 1).parameters()))
    state = nn.load(path)
    nn.save(state | {"optimizer": 3}, path)
    with pytest.raises(CheckpointError, match="this one has no mapping"):
        nn.load_checkpoint(path, optimizer=nn.optim.SGD(nn.Linear(1, 1).parameters()))
    with pytest.raises(SettingError, match="the name 'random' is taken"):
        nn.save_checkpoint(path, random=3)


def test_checkpoints_as_safetensors(tmp_path):
    path = tmp_path / "run.safetensors"
    halfway(path)
    assert resumed(path) == uninterrupted()


def test_loading_does_not_tie_objects_to_each_other(path):
    halfway(path)
    one, two = Everything(), Everything()
    state = nn.load_checkpoint(path, model=one.model, optimizer=one.optimizer, scheduler=one.scheduler)
    two.model.load_state_dict(state["model"])
    one.train(1)
    assert two.model[0].weight.tolist() == state["model"]["0.weight"].tolist() != one.model[0].weight.tolist()
    assert state["optimizer"]["state"][0]["step"] == 8
