"""Metrics against scikit-learn, on random and on degenerate cases, whole and in batches.

The kind: a metric that is an average of averages, that fails on one class or on ties, or that cannot be merged.
"""

import copy
import warnings

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.errors import LabelError, SettingError, ShapeError
from nn import metrics as m

sk = pytest.importorskip("sklearn.metrics")
CASES = pytest.mark.parametrize("cases", [40, pytest.param(1000, marks=pytest.mark.slow)])


def draw(rng, classes):
    """Scores, with ties, and labels, sometimes of one class only, sometimes without class 1, sometimes few."""
    count = int(rng.choice([1, 2, 3, 10, 40]))
    labels = rng.integers(0, classes, count)
    match rng.integers(6):
        case 0:
            labels[:] = rng.integers(classes)
        case 1:
            labels = np.minimum(labels, classes - 2)  # none of the last
    shape = (count,) if classes == 2 and rng.integers(2) else (count, classes)
    scores = rng.random(shape)
    match rng.integers(4):
        case 0:
            scores = np.round(scores, 1)
        case 1:
            scores[...] = 0.5
    return scores, labels


def through(metric, output, targets, rng):
    """The value after batches of random sizes, half of them counted by another, and merged; and that of all at once."""
    first, second, whole = copy.deepcopy(metric), copy.deepcopy(metric), copy.deepcopy(metric)
    first.update(output, targets)
    first.reset()
    cuts = np.sort(rng.integers(0, len(targets) + 1, 3))
    for index, places in enumerate(np.split(np.arange(len(targets)), cuts)):
        (first, second)[index % 2].update(autograd.tensor(output[places]), autograd.tensor(targets[places]))
    got = (first + second).compute()
    whole.update(output, targets)
    np.testing.assert_allclose(got, whole.compute(), rtol=1e-12, atol=1e-12, equal_nan=True)
    return got


def classes_in(scores):
    return (scores > 0.5).astype(int) if scores.ndim == 1 else scores.argmax(1)


def averaged(function, **more):
    def reference(scores, labels, average):
        labels_of = {"labels": range(scores.shape[1])} if scores.ndim == 2 else {"labels": [0, 1]}
        if scores.ndim == 1 and average == "binary":
            labels_of = {}
        return function(labels, classes_in(scores), average=average, zero_division=0, **labels_of, **more)

    return reference


def top_k(scores, labels, k):
    return sk.top_k_accuracy_score(labels, scores, k=k, labels=range(scores.shape[1]))


COUNTED = {
    "accuracy": (m.Accuracy, lambda s, y: sk.accuracy_score(y, classes_in(s))),
    "balanced": (m.BalancedAccuracy, lambda s, y: sk.balanced_accuracy_score(y, classes_in(s))),
    "matthews": (m.MatthewsCorrelation, lambda s, y: sk.matthews_corrcoef(y, classes_in(s))),
    "kappa": (m.CohenKappa, lambda s, y: sk.cohen_kappa_score(y, classes_in(s))),
    "matrix": (m.ConfusionMatrix, lambda s, y: sk.confusion_matrix(y, classes_in(s), labels=range(_classes(s)))),
}
AVERAGED = {
    "precision": (m.Precision, averaged(sk.precision_score)),
    "recall": (m.Recall, averaged(sk.recall_score)),
    "f1": (m.F1, averaged(sk.f1_score)),
    "f2": (lambda average: m.FBeta(2.0, average), averaged(sk.fbeta_score, beta=2.0)),
}


def _classes(scores):
    return 2 if scores.ndim == 1 else scores.shape[1]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", COUNTED)
@CASES
def test_counts(name, cases, rng):
    make, reference = COUNTED[name]
    for case in range(cases):
        scores, labels = draw(rng, int(rng.integers(2, 5)))
        expected = reference(scores, labels)
        got = through(make(), scores, labels, rng)
        np.testing.assert_allclose(got, expected, atol=1e-12, equal_nan=True, err_msg=f"case {case}: {scores} {labels}")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", AVERAGED)
@CASES
def test_averages_over_classes(name, cases, rng):
    make, reference = AVERAGED[name]
    for case in range(cases):
        scores, labels = draw(rng, int(rng.integers(2, 5)))
        average = ("micro", "macro", "weighted", None, "binary")[case % (5 if _classes(scores) == 2 else 4)]
        if average == "binary" and scores.ndim == 2:
            scores = scores[:, 1]
        got = through(make(average), scores, labels, rng)
        expected = reference(scores, labels, average)
        np.testing.assert_allclose(got, expected, atol=1e-12, err_msg=f"case {case}: {average} {scores} {labels}")


def test_default_averages():
    labels = np.array([0, 1, 1])
    assert m.Precision()(np.array([0.9, 0.8, 0.1]), labels) == 0.5
    assert m.Precision()(np.array([[0.1, 0.9], [0.2, 0.8], [0.9, 0.1]]), labels) == 0.25
    assert m.Specificity()(np.array([0.9, 0.8, 0.1]), labels) == 0
    assert m.Precision(zero_division=7.0)(np.array([0.1]), np.array([1])) == 7


@pytest.mark.filterwarnings("ignore")
@CASES
def test_top_k(cases, rng):
    for _ in range(cases):
        scores, labels = draw(rng, 5)
        k = int(rng.integers(1, 5))
        if len({*scores.ravel()}) < scores.size:  # of equal scores scikit-learn takes the last ones
            scores = scores + rng.permutation(scores.size).reshape(scores.shape) * 1e-9
        np.testing.assert_allclose(through(m.TopKAccuracy(k), scores, labels, rng), top_k(scores, labels, k))
    equal = m.TopKAccuracy(2)
    equal.update(np.zeros((3, 4)), np.array([0, 1, 2]))
    assert equal.compute() == pytest.approx(2 / 3)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["AUC", "AveragePrecision"])
@CASES
def test_rankings(name, cases, rng):
    metric, reference = {
        "AUC": (m.AUC, sk.roc_auc_score),
        "AveragePrecision": (m.AveragePrecision, sk.average_precision_score),
    }[name]
    for _ in range(cases):
        scores, labels = draw(rng, int(rng.integers(2, 5)))
        if scores.ndim == 1:
            np.testing.assert_allclose(
                through(metric(), scores, labels, rng), _or_nan(reference, labels, scores), equal_nan=True
            )
            continue
        each = [_or_nan(reference, labels == c, scores[:, c]) for c in range(scores.shape[1])]
        for average, expected in ((None, each), ("macro", np.mean(each))):
            got = through(metric(average), scores, labels, rng)
            np.testing.assert_allclose(got, expected, equal_nan=True)
        shares = np.bincount(labels, minlength=len(each))
        weighted = np.average(np.array(each)[shares > 0], weights=shares[shares > 0])
        np.testing.assert_allclose(through(metric("weighted"), scores, labels, rng), weighted, equal_nan=True)


def _or_nan(reference, labels, scores):
    if reference is sk.roc_auc_score and len({*labels.tolist()}) == 1:
        return np.nan
    return reference(labels, scores)


@pytest.mark.filterwarnings("ignore")
@CASES
def test_curves(cases, rng):
    for _ in range(cases):
        scores, labels = draw(rng, 2)
        scores = scores if scores.ndim == 1 else scores[:, 1]
        if 0 < labels.sum() < len(labels):
            for got, expected in zip(
                m.roc_curve(scores, labels), sk.roc_curve(labels, scores, drop_intermediate=False), strict=True
            ):
                np.testing.assert_allclose(got, expected)
        for got, expected in zip(
            m.precision_recall_curve(scores, labels), sk.precision_recall_curve(labels, scores), strict=True
        ):
            np.testing.assert_allclose(got, expected)


@CASES
def test_calibration(cases, rng):
    curve = pytest.importorskip("sklearn.calibration").calibration_curve
    for _ in range(cases):
        scores, labels = draw(rng, 2)
        scores = scores if scores.ndim == 1 else scores[:, 1]
        bins = int(rng.integers(1, 12))
        metric = m.CalibrationError(bins)
        got = through(metric, scores, labels, rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            right, confidence = curve(labels, scores, n_bins=bins)
            np.testing.assert_allclose(
                through(m.BrierScore(), scores, labels, rng), sk.brier_score_loss(labels, scores, pos_label=1)
            )
        metric.update(scores, labels)
        means, shares, counts = metric.curve()
        np.testing.assert_allclose(means, confidence)
        np.testing.assert_allclose(shares, right)
        np.testing.assert_allclose(got, (abs(right - confidence) * counts).sum() / len(labels), atol=1e-12)
    both = np.array([[0.8, 0.2], [0.4, 0.6]])
    assert m.CalibrationError(10)(both, np.array([0, 0])) == pytest.approx((0.2 + 0.6) / 2)
    assert m.BrierScore()(both, np.array([0, 1])) == pytest.approx((0.08 + 0.32) / 2)
    with pytest.raises(SettingError, match="apply sigmoid or softmax"):
        m.BrierScore().update(np.array([2.0]), np.array([1]))


REGRESSION = {
    "MeanSquaredError": sk.mean_squared_error,
    "RootMeanSquaredError": sk.root_mean_squared_error,
    "MeanAbsoluteError": sk.mean_absolute_error,
    "MeanAbsolutePercentageError": sk.mean_absolute_percentage_error,
    "MaxError": sk.max_error,
    "R2Score": sk.r2_score,
    "ExplainedVariance": sk.explained_variance_score,
    "PearsonCorrelation": lambda y, x: np.corrcoef(x, y)[0, 1] if x.std() > 1e-9 and y.std() > 1e-9 else np.nan,
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", REGRESSION)
@CASES
def test_regression(name, cases, rng):
    for case in range(cases):
        count = int(rng.choice([1, 2, 3, 10, 40]))
        targets = rng.standard_normal(count) * 10 ** rng.uniform(-3, 3) + rng.choice([0, 0, 1e3])
        if case % 7 == 0:
            targets[:] = rng.integers(3)
        found = targets if case % 11 == 0 else targets + rng.standard_normal(count)
        np.testing.assert_allclose(
            through(getattr(m, name)(), found, targets, rng),
            REGRESSION[name](targets, found),
            rtol=1e-12,
            atol=1e-12,
            equal_nan=True,
        )


def test_numbers_far_from_zero_do_not_cancel(rng):
    targets = 1e8 + rng.standard_normal(1000)
    found = targets + 0.1 * rng.standard_normal(1000)
    for metric, reference in ((m.R2Score, sk.r2_score), (m.ExplainedVariance, sk.explained_variance_score)):
        np.testing.assert_allclose(through(metric(), found, targets, rng), reference(targets, found), rtol=1e-12)
    exact = np.corrcoef(found - 1e8, targets - 1e8)[0, 1]
    np.testing.assert_allclose(through(m.PearsonCorrelation(), found, targets, rng), exact, rtol=1e-12)


def test_pixels_tokens_and_labels_that_do_not_count():
    scores = autograd.tensor([[[5.0, 0.0, 5.0], [0.0, 5.0, 0.0]]])  # (1, 2 classes, 3 pixels)
    metric = m.Accuracy()
    metric.update(scores, autograd.tensor([[0, 0, -100]]))
    assert metric.compute() == 0.5
    assert metric.counts().sum() == 2
    auc = m.AUC()
    auc.update(scores, autograd.tensor([[0, 1, -100]]))
    assert auc.compute() == 1
    logits = m.Accuracy(threshold=0.0)
    logits.update(autograd.tensor([[0.3], [-0.3]]), autograd.tensor([[1.0], [1.0]]))
    assert logits.compute() == 0.5
    indices = m.F1(average=None, num_classes=3)
    indices.update(np.array([0, 1, 2]), np.array([0, 1, 1]))
    np.testing.assert_allclose(indices.compute(), [1, 2 / 3, 0])


def test_several_at_once_and_their_values_of_a_batch(rng):
    both = m.Metrics(m.Accuracy(), auc=m.AUC())
    scores, labels = rng.random(20), rng.integers(0, 2, 20)
    first = both(scores[:10], labels[:10])
    assert first["accuracy"] == sk.accuracy_score(labels[:10], scores[:10] > 0.5)
    both(scores[10:], labels[10:])
    assert both.compute()["auc"] == pytest.approx(sk.roc_auc_score(labels, scores))
    assert list(both) == ["accuracy", "auc"]
    double = both + both
    assert double["accuracy"].counts().sum() == 40
    both.reset()
    assert np.isnan(both.compute()["accuracy"])
    with pytest.raises(SettingError, match="two have the same name"):
        m.Metrics(m.Accuracy(), m.Accuracy())
    with pytest.raises(SettingError, match="wanted a Accuracy"):
        m.Accuracy().merge(m.AUC())
    mean = m.Mean()
    mean.update(Tensor([1.0, 2.0]))
    mean.update(5.0, 2.0)
    assert mean.compute() == 13 / 4


@pytest.mark.parametrize("name", m.__all__)
def test_of_nothing_there_is_no_value(name):
    if isinstance(getattr(m, name), type) and name not in ("Metric", "Metrics", "ConfusionMatrix"):
        assert np.isnan(getattr(m, name)().compute())


def test_pictures(tmp_path, rng):
    matrix = m.ConfusionMatrix(normalize="true")
    matrix.update(rng.random((30, 3)), rng.integers(0, 3, 30))
    figure = matrix.plot(tmp_path / "m.png", ["a", "b", "c"])
    assert (tmp_path / "m.png").stat().st_size > 1000
    assert [text.get_text() for text in figure.axes[0].texts] == [f"{value:.2f}" for value in matrix.compute().ravel()]
    np.testing.assert_allclose(matrix.compute().sum(1), 1)
    calibration = m.CalibrationError()
    calibration.update(rng.random(50), rng.integers(0, 2, 50))
    assert len(calibration.plot().axes[0].lines) == 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: m.Accuracy()(np.ones((3, 2)), np.ones(2, int)), ShapeError, "wanted outputs"),
        (lambda: m.Accuracy()(np.ones(2), np.array([0.5, 1])), LabelError, "targets 0 and 1"),
        (lambda: m.Accuracy()(np.array([0, 2]), np.array([1, 2])), LabelError, "num_classes"),
        (lambda: m.AUC()(np.ones((3, 2)), np.ones(2, int)), ShapeError, "wanted scores"),
        (lambda: m.AUC()(np.array([np.nan]), np.array([1])), SettingError, "NaN"),
        (lambda: m.R2Score()(np.ones(3), np.ones((3, 1))), ShapeError, "one shape"),
        (lambda: m.Precision("samples"), SettingError, "average should be"),
        (lambda: m.F1("binary")(np.ones((2, 3)), np.array([0, 1])), SettingError, "for 2 classes"),
        (lambda: m.TopKAccuracy(0), SettingError, "k >= 1"),
        (lambda: m.Accuracy()(np.ones((3, 2)), np.ones(3, int)) and m.Accuracy(), None, ""),
    ],
)
def test_nonsense_is_refused(call, error, message):
    if error is None:
        call()
        return
    with pytest.raises(error, match=message):
        call()
