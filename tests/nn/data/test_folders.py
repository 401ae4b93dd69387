"""Pictures and other files in folders."""

import subprocess
import sys

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import DataError, ShapeError
from nn.data import (
    ConcatDataset,
    DataLoader,
    DatasetFolder,
    ImageFolder,
    Subset,
    default_collate,
    random_split,
    read_text,
)
from nn.data.dataset import batch_of
from nn.data.randomness import numpy_generator
from nn.data.transforms import (
    Compose,
    Normalize,
    PILToTensor,
    RandomErasing,
    RandomHorizontalFlip,
    RandomResizedCrop,
    Resize,
    ToTensor,
)

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def root(tmp_path, rng):
    for name, count in (("cat", 3), ("ant", 4), ("bee", 2)):
        (tmp_path / name / "more").mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (6 + number, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / ("more" if number == 1 else "") / f"{number}.png")
        (tmp_path / name / "notes.txt").write_text(f"about {name}")
    (tmp_path / "readme.md").write_text("not a class")
    return tmp_path


SQUARE = Compose([Resize((8, 8)), ToTensor()])


def test_classes_are_folders_in_order(root):
    data = ImageFolder(root, SQUARE)
    assert data.classes == ["ant", "bee", "cat"]
    assert data.class_to_idx == {"ant": 0, "bee": 1, "cat": 2}
    assert data.targets.tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2]
    assert [path.removeprefix(str(root))[1:] for path, _ in data.samples[:4]] == [
        *("ant/0.png", "ant/2.png", "ant/3.png", "ant/more/1.png")
    ]
    assert data.imgs is data.samples
    picture, target = ImageFolder(root)[4]
    assert (picture.mode, target) == ("RGB", 1)
    assert len(data) == 9
    assert "9 files in 3 classes" in repr(data)


def test_names_of_classes_survive_what_is_made_of_a_data_set(root):
    data = ImageFolder(root, SQUARE)
    parts = random_split(data, [6, 3])
    nested = Subset(parts[0], [0, 2])
    both = ConcatDataset(parts)
    for each in (data, *parts, nested, both):
        assert each.classes == ["ant", "bee", "cat"]
        assert DataLoader(each).classes == ["ant", "bee", "cat"]
        assert [each[index][1] for index in range(len(each))] == list(each.targets)
    assert nested.class_to_idx["bee"] == 1
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 3))
    assert nn.evaluate(model, DataLoader(parts[0], 4)).classes == ("ant", "bee", "cat")
    assert "cat" in str(nn.evaluate(model, nested))
    plain = Subset([1, 2, 3], [0])
    assert not hasattr(plain, "classes")
    assert not hasattr(DataLoader(plain), "classes")
    other = ImageFolder(root, SQUARE)
    other.classes = ["a", "b", "c"]
    assert not hasattr(ConcatDataset([data, other]), "classes")


def test_batches_of_pictures_need_a_transform(root):
    x, y = next(iter(DataLoader(ImageFolder(root, SQUARE), 5)))
    assert (x.shape, y.tolist()) == ((5, 3, 8, 8), [0, 0, 0, 0, 1])
    with pytest.raises(TypeError, match=r"let the transform end with ToTensor\(\)"):
        next(iter(DataLoader(ImageFolder(root), 2)))


def gray(path):
    return Image.open(path).convert("L")


ENDS = {
    "numbers": (SQUARE, {}),
    "numbers alone": (ToTensor(), {"is_valid_file": lambda path: path.endswith("2.png")}),
    "scaled": (Compose([Resize((7, 5)), ToTensor(), Normalize([0.1, 0.2, 0.3], [0.5, 0.6, 0.7])]), {}),
    "gray": (SQUARE, {"loader": gray}),
    "random": (Compose([RandomResizedCrop(6), RandomHorizontalFlip(), ToTensor(), Normalize(0.5, 0.5)]), {}),
    "random after numbers": (Compose([Resize((8, 8)), ToTensor(), RandomErasing(1.0)]), {}),
    "an array": (Compose([Resize((8, 8)), np.asarray, ToTensor()]), {}),
    "not numbers": (Compose([Resize((8, 8)), PILToTensor()]), {}),
    "one's own": (lambda picture: SQUARE(picture) * 2, {}),
}


@pytest.mark.parametrize(("transform", "how"), ENDS.values(), ids=ENDS)
def test_a_batch_is_its_samples_to_the_last_bit(transform, how, root):
    data = ImageFolder(root, transform, allow_empty=True, target_transform=lambda number: number + 5, **how)
    order = np.array([1, 0, 1] if len(data) < 5 else [4, 0, 3, 3, 8])
    draw = numpy_generator()
    autograd.manual_seed(3)
    x, y = batch_of(data, order)
    behind = draw.random()
    autograd.manual_seed(3)
    expected, targets = default_collate([data[index] for index in order.tolist()])
    assert (draw.random(), type(x), x.dtype, y.dtype) == (behind, autograd.Tensor, expected.dtype, targets.dtype)
    np.testing.assert_array_equal(x.numpy(), expected.numpy())
    assert y.tolist() == targets.tolist()
    assert x.is_contiguous()
    loaders = [DataLoader(data, 2, shuffle=True, num_workers=workers) for workers in (0, 1, 2)]
    passes = []
    for loader in loaders:
        autograd.manual_seed(4)
        passes.append([(a.numpy().tobytes(), b.tolist()) for a, b in loader])
    assert passes[0] == passes[1] == passes[2]


def test_pictures_of_several_sizes_are_refused_as_samples_are(root):
    with pytest.raises(ShapeError, match=r"equal size, but got \[3, 6, 8\] at entry 0 and \[3, 8, 8\] at entry 1"):
        next(iter(DataLoader(ImageFolder(root, ToTensor()), 2)))


def test_a_set_that_gives_other_samples_gives_other_batches(root):
    class Twice(ImageFolder):
        def __getitem__(self, index):
            picture, target = super().__getitem__(index)
            return picture * 2, target

    x, _ = next(iter(DataLoader(Twice(root, SQUARE), 2)))
    np.testing.assert_array_equal(x.numpy(), 2 * next(iter(DataLoader(ImageFolder(root, SQUARE), 2)))[0].numpy())


def test_threads_that_read_the_first_picture_at_once(root):
    """None of them meets a package that another is still importing."""
    program = f"""
import threading
from nn.data.folders import default_loader
start, found = threading.Barrier(8), []
def read():
    start.wait()
    found.append(default_loader({str(root / "bee" / "0.png")!r}).size)
threads = [threading.Thread(target=read) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(found))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["8"], ran.stderr


def test_any_files_and_any_target(root):
    data = DatasetFolder(root, read_text, ".txt", target_transform=lambda number: -number)
    assert data[2] == ("about cat", -2)
    assert len(DatasetFolder(root, str, is_valid_file=lambda path: True)) == 12
    (root / "dog").mkdir()
    with pytest.raises(DataError, match=r"Found no valid file for the classes dog\. Supported extensions are: \.txt"):
        DatasetFolder(root, read_text, (".txt",))
    assert len(DatasetFolder(root, read_text, (".txt",), allow_empty=True).classes) == 4


def test_what_is_no_folder_of_classes_is_refused(root, tmp_path):
    for path, message in ((root / "ant" / "more", "any class folder"), (tmp_path / "none", "there is none")):
        with pytest.raises(DataError, match=message):
            ImageFolder(path)
    with pytest.raises(DataError, match="not None at the same time"):
        DatasetFolder(root, str)


@pytest.mark.parametrize(("workers", "context"), [(0, None), (2, None), (2, "fork")])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_broken_picture_is_named(root, workers, context):
    (root / "bee" / "0.png").write_bytes(b"no picture")
    loader = DataLoader(ImageFolder(root, SQUARE), 3, num_workers=workers, multiprocessing_context=context)
    with pytest.raises(DataError, match=r"bee.0\.png: cannot be read as a picture") as caught:
        list(loader)
    notes = "\n".join(caught.value.__notes__)
    assert "sample 4" in notes
    assert "while loading items [3, 4, 5] of ImageFolder" in notes
    assert ("worker" in notes) == (workers > 0)
