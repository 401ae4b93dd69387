"""Modules as estimators of scikit-learn: its own checks, and what its tools do with them.

The kind: an estimator that cannot be cloned, that changes the generator of the program, that gives another answer to
the same question, or fails in words that are not scikit-learn's.
"""

import pickle

import numpy as np
import pytest

import autograd
import nn

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import make_classification, make_regression  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

from nn.estimators import Classifier, Regressor  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@parametrize_with_checks([Classifier(hidden=(16,), epochs=25), Regressor(hidden=(16,), epochs=25)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([Classifier(), Regressor(), Classifier(compile=True), Regressor(optimizer="AdamW", clip=1.0)])
def test_the_same_with_other_settings(estimator, check):
    check(estimator)


def classes():
    X, y = make_classification(120, 6, n_informative=4, n_classes=3, random_state=0)
    return X, np.array(["low", "middle", "high"])[y]


def test_in_a_pipeline_and_a_search():
    X, y = classes()
    whole = make_pipeline(StandardScaler(), Classifier(random_state=0, epochs=20))
    assert cross_val_score(whole, X, y, cv=3).mean() > 0.7
    search = GridSearchCV(whole, {"classifier__lr": [1e-5, 1e-2]}, cv=2).fit(X, y)
    assert search.best_params_ == {"classifier__lr": 1e-2}
    probabilities = search.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.log(probabilities), search.predict_log_proba(X), rtol=1e-4, atol=1e-4)
    assert set(search.predict(X)) <= {"low", "middle", "high"}
    assert [*search.best_estimator_[-1].classes_] == ["high", "low", "middle"]


def test_a_module_of_ones_own():
    X = np.random.default_rng(0).standard_normal((40, 1, 8, 8)).astype(np.float32)
    y = (X[:, 0, :4].mean((1, 2)) > X[:, 0, 4:].mean((1, 2))).astype(int)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
    before = {key: value.numpy().copy() for key, value in net.state_dict().items()}
    model = Classifier(net, epochs=40, random_state=1).fit(X, y)
    assert model.score(X, y) > 0.9
    for key, value in net.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[key])
    assert model.predict_proba(X).dtype == np.float32
    again = Classifier(lambda features, outputs: nn.Linear(features, outputs), epochs=2).fit(X.reshape(40, -1), y)
    assert again.module_.weight.shape == (2, 64)
    assert len(again.history_["loss"]) == 2
    cnn = clone(model)
    assert cnn.module is not net
    assert not hasattr(cnn, "module_")


def test_one_seed_one_model_and_the_program_draws_on():
    X, y = classes()
    autograd.manual_seed(5)
    expected = autograd.rand(3).tolist()
    autograd.manual_seed(5)
    first = Classifier(epochs=2, random_state=3).fit(X, y)
    assert autograd.rand(3).tolist() == expected
    second = pickle.loads(pickle.dumps(Classifier(epochs=2, random_state=3).fit(X, y)))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    other = Classifier(epochs=2, random_state=4).fit(X, y)
    assert (first.predict_proba(X) != other.predict_proba(X)).any()


def test_numbers():
    X, y = make_regression(150, 5, n_targets=2, noise=1.0, random_state=0)
    y = (y - y.mean(0)) / y.std(0)
    model = Regressor(random_state=0, epochs=60).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.predict(X).shape == (150, 2)
    single = Regressor(random_state=0, epochs=5).fit(X.astype(np.float32), y[:, 0])
    assert single.predict(X).shape == (150,)
    assert single.module_[0].weight.dtype == np.float32
    assert model.module_[0].weight.dtype == np.float64


def test_mistakes():
    X, y = classes()
    with pytest.raises(NotFittedError):
        Classifier().predict(X)
    with pytest.raises(autograd.errors.SettingError, match=r"one of nn\.optim, got 'Adammm'"):
        Classifier(optimizer="Adammm").fit(X, y)
    with pytest.raises(ValueError, match="features"):
        Classifier(epochs=1).fit(X, y).predict(X[:, :3])
