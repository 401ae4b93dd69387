"""Files that TensorBoard shows, under PyTorch's names. The package tensorboard writes them."""

from __future__ import annotations

import io
import os
import socket
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor
from autograd.errors import ShapeError
from autograd.extras import extra

Numbers = Any  # a Tensor, an array or a number


def _protos(name: str) -> Any:
    return extra(f"tensorboard.compat.proto.{name}", "tensorboard", "SummaryWriter")


def _array(value: Numbers) -> Array:
    return value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)


class SummaryWriter:
    """Writes scalars, histograms, images and texts to a folder that `tensorboard --logdir FOLDER` shows.

    log_dir   the folder; default: runs/<time>_<machine><comment>
    max_queue, flush_secs   so many events, or seconds, until they are on disk

    >>> import tempfile
    >>> with SummaryWriter(tempfile.mkdtemp()) as writer:  # doctest: +SKIP
    ...     writer.add_scalar("loss", 0.5, 1)
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        files = extra("tensorboard.summary.writer.event_file_writer", "tensorboard", "SummaryWriter")
        if not log_dir:
            log_dir = os.path.join("runs", f"{time.strftime('%b%d_%H-%M-%S')}_{socket.gethostname()}{comment}")
        self.log_dir = os.fspath(log_dir)
        self.writer = files.EventFileWriter(self.log_dir, max_queue, flush_secs, filename_suffix)
        if purge_step is not None:
            events = _protos("event_pb2")
            start = events.SessionLog(status=events.SessionLog.START)
            self._event(purge_step, None, session_log=start)

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    def _event(self, step: int | None, walltime: float | None, **content: Any) -> None:
        event = _protos("event_pb2").Event(wall_time=time.time() if walltime is None else walltime, **content)
        if step is not None:
            event.step = int(step)
        self.writer.add_event(event)

    def _summary(self, tag: str, step: int | None, walltime: float | None, **content: Any) -> None:
        summaries = _protos("summary_pb2")
        self._event(step, walltime, summary=summaries.Summary(value=[summaries.Summary.Value(tag=tag, **content)]))

    def add_scalar(
        self,
        tag: str,
        scalar_value: Numbers,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """A number."""
        value = _array(scalar_value)
        if value.size != 1:
            raise ShapeError(f"add_scalar: wanted a single number, got shape {value.shape}")
        self._summary(tag, global_step, walltime, simple_value=float(value.reshape(())))

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Numbers],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Several numbers, drawn together: tags main_tag/name."""
        for name, value in tag_scalar_dict.items():
            self.add_scalar(f"{main_tag}/{name}", value, global_step, walltime)

    def add_histogram(
        self,
        tag: str,
        values: Numbers,
        global_step: int | None = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """How numbers are distributed. `bins`: what NumPy's histogram takes; "tensorflow": finer near 0."""
        flat = _array(values).reshape(-1).astype(np.float64)
        if flat.size == 0 or not np.isfinite(flat).all():
            raise ShapeError("add_histogram: wanted finite numbers, at least one")
        if isinstance(bins, str) and bins == "tensorflow":
            positive = 1e-12 * 1.1 ** np.arange(775)
            bins = np.concatenate([-positive[::-1], [0.0], positive])
            bins = bins[(bins >= _below(bins, flat.min())) & (bins <= _above(bins, flat.max()))]
        counts, edges = np.histogram(flat, bins)
        if max_bins is not None and len(counts) > max_bins:
            every = -(-len(counts) // max_bins)
            counts = np.add.reduceat(counts, np.arange(0, len(counts), every))
            edges = np.append(edges[:-1][::every], edges[-1])
        histogram = _protos("summary_pb2").HistogramProto(
            min=flat.min(),
            max=flat.max(),
            num=len(flat),
            sum=flat.sum(),
            sum_squares=flat @ flat,
            bucket_limit=edges.tolist(),
            bucket=[0, *counts.tolist()],
        )
        self._summary(tag, global_step, walltime, histo=histogram)

    def add_image(
        self,
        tag: str,
        img_tensor: Numbers,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """A picture: uint8, or floating point in 0..1, of 1, 3 or 4 channels; `dataformats` names its axes."""
        pixels = _array(img_tensor)
        if pixels.ndim != len(dataformats) or sorted(dataformats) not in (list("CHW"), list("HW")):
            raise ShapeError(f"add_image: wanted axes {dataformats}, got shape {pixels.shape}")
        if "C" in dataformats:
            pixels = pixels.transpose([dataformats.index(axis) for axis in "HWC"])
        else:
            pixels = (pixels if dataformats == "HW" else pixels.T)[..., None]
        self._picture(tag, pixels, global_step, walltime)

    def _picture(self, tag: str, pixels: Array, step: int | None, walltime: float | None) -> None:
        if pixels.dtype.kind == "f":
            pixels = np.clip(pixels * 255, 0, 255).astype(np.uint8)
        stream = io.BytesIO()
        H, W, C = pixels.shape
        image = extra("PIL.Image", "images", "add_image")
        image.fromarray(np.ascontiguousarray(pixels[..., 0] if C == 1 else pixels)).save(stream, "PNG")
        made = _protos("summary_pb2").Summary.Image(
            height=H, width=W, colorspace=C, encoded_image_string=stream.getvalue()
        )
        self._summary(tag, step, walltime, image=made)

    def add_images(
        self,
        tag: str,
        img_tensor: Numbers,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """A batch of pictures, side by side in rows of eight."""
        pixels = _array(img_tensor)
        if pixels.ndim != 4 or sorted(dataformats) != list("CHNW"):
            raise ShapeError(f"add_images: wanted axes {dataformats}, got shape {pixels.shape}")
        pixels = pixels.transpose([dataformats.index(axis) for axis in "NHWC"])
        N, H, W, C = pixels.shape
        columns = min(8, N)
        rows = -(-N // columns)
        sheet = np.zeros((rows * columns, H, W, C), pixels.dtype)
        sheet[:N] = pixels
        sheet = sheet.reshape(rows, columns, H, W, C).transpose(0, 2, 1, 3, 4).reshape(rows * H, columns * W, C)
        self._picture(tag, sheet, global_step, walltime)

    def add_figure(
        self, tag: str, figure: Any, global_step: int | None = None, close: bool = True, walltime: float | None = None
    ) -> None:
        """A figure of matplotlib."""
        stream = io.BytesIO()
        figure.savefig(stream, format="png")
        stream.seek(0)
        pixels = np.asarray(extra("PIL.Image", "images", "add_figure").open(stream).convert("RGB"))
        self._picture(tag, pixels, global_step, walltime)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """A text, in Markdown."""
        summaries, tensors = _protos("summary_pb2"), _protos("tensor_pb2")
        plugin = summaries.SummaryMetadata.PluginData(plugin_name="text")
        shapes = _protos("tensor_shape_pb2")
        shape = shapes.TensorShapeProto(dim=[shapes.TensorShapeProto.Dim(size=1)])
        tensor = tensors.TensorProto(dtype="DT_STRING", string_val=[text_string.encode()], tensor_shape=shape)
        self._summary(
            f"{tag}/text_summary",
            global_step,
            walltime,
            metadata=summaries.SummaryMetadata(plugin_data=plugin),
            tensor=tensor,
        )

    def add_hparams(
        self,
        hparam_dict: Mapping[str, bool | str | float],
        metric_dict: Mapping[str, Numbers],
        hparam_domain_discrete: Any = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """Settings of a run, and the numbers that it came to."""
        api = extra("tensorboard.plugins.hparams.summary_v2", "tensorboard", "add_hparams")
        self._event(global_step, None, summary=api.hparams_pb(dict(hparam_dict)))
        for name, value in metric_dict.items():
            self.add_scalar(name, value, global_step)

    def flush(self) -> None:
        """Everything so far goes to disk."""
        self.writer.flush()

    def close(self) -> None:
        """It does, and the file is closed."""
        self.writer.close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()


def _below(edges: Array, value: float) -> float:
    return float(edges[max(int(np.searchsorted(edges, value, "right")) - 1, 0)])


def _above(edges: Array, value: float) -> float:
    return float(edges[min(int(np.searchsorted(edges, value, "left")) + 1, len(edges) - 1)])
