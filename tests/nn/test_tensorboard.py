"""TensorBoard's files, read back by its own reader."""

import sys

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import ShapeError

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def events(tmp_path):
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    def read():
        found = accumulators.EventAccumulator(str(tmp_path), {"images": 0, "scalars": 0, "tensors": 0, "histograms": 0})
        return found.Reload()

    return read


def test_what_was_written_is_read_back(events, tmp_path, rng):
    values = rng.standard_normal(500)
    image = rng.integers(0, 256, (3, 4, 5), dtype=np.uint8)
    with nn.tensorboard.SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("loss", autograd.tensor(1.5 / (step + 1)), step, walltime=100.0 + step)
        writer.add_scalars("both", {"a": 1, "b": 2.0}, 7)
        writer.add_histogram("weights", autograd.tensor(values), 4)
        writer.add_histogram("few", values, bins=[-9, 0, 9], max_bins=1)
        writer.add_image("picture", image, 1)
        writer.add_images("sheet", rng.random((9, 1, 4, 5)))
        writer.add_text("note", "some *text*")
        writer.add_hparams({"lr": 0.1, "kind": "x"}, {"score": 0.5})
        writer.add_figure("curve", nn.training.RateCurve([1e-3, 1e-2], [2.0, 1.0]).plot())
        assert writer.get_logdir() == str(tmp_path)
    found = events()
    assert [(e.step, e.wall_time) for e in found.Scalars("loss")] == [(0, 100.0), (1, 101.0), (2, 102.0)]
    np.testing.assert_allclose([e.value for e in found.Scalars("loss")], [1.5, 0.75, 0.5])
    assert [found.Scalars(f"both/{name}")[0].value for name in "ab"] == [1, 2]
    histogram = found.Histograms("weights")[0]
    value = histogram.histogram_value
    assert (histogram.step, value.num, sum(value.bucket)) == (4, 500, 500)
    np.testing.assert_allclose([value.min, value.max, value.sum], [values.min(), values.max(), values.sum()])
    assert value.bucket_limit[0] <= value.min
    assert value.bucket_limit[-1] >= value.max
    assert sum(found.Histograms("few")[0].histogram_value.bucket) == 500
    shown = found.Images("picture")[0]
    assert (shown.width, shown.height) == (5, 4)
    pixels = np.asarray(pytest.importorskip("PIL.Image").open(__import__("io").BytesIO(shown.encoded_image_string)))
    np.testing.assert_array_equal(pixels, image.transpose(1, 2, 0))
    assert (found.Images("sheet")[0].width, found.Images("sheet")[0].height) == (40, 8)
    assert found.Tensors("note/text_summary")[0].tensor_proto.string_val[0] == b"some *text*"
    assert found.Scalars("score")[0].value == 0.5
    with pytest.raises(ShapeError):
        writer.add_scalar("x", np.ones(2))
    with pytest.raises(ShapeError):
        writer.add_image("x", np.ones((4, 4)))


def test_fit_writes_its_history(events, tmp_path, rng):
    x, y = rng.random((64, 2)).astype(np.float32), rng.integers(0, 2, 64)
    model = nn.Linear(2, 2)
    history = nn.fit(
        model,
        (x, y),
        loss=nn.CrossEntropyLoss(),
        optimizer=nn.optim.SGD(model.parameters(), 0.1),
        epochs=3,
        batch_size=16,
        validation=(x, y),
        progress=False,
        callbacks=[nn.TensorBoardLogger(tmp_path, every=2)],
    )
    found = events()
    for tag, name in (
        ("loss/training", "loss"),
        ("loss/validation", "val_loss"),
        ("accuracy/validation", "val_accuracy"),
    ):
        np.testing.assert_allclose([e.value for e in found.Scalars(tag)], history[name], rtol=1e-6)
    assert [e.step for e in found.Scalars("batch/loss")] == [2, 4, 6, 8, 10, 12]


def test_without_tensorboard_one_line_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    from autograd.utils.tensorboard import SummaryWriter

    with pytest.raises(
        ModuleNotFoundError, match=r"^SummaryWriter needs tensorboard: pip install 'wengert\[tensorboard\]'$"
    ):
        SummaryWriter("nowhere")
