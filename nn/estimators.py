"""Modules as estimators of scikit-learn: in pipelines, cross-validation and searches for settings.

    from nn.estimators import Classifier
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(Classifier(hidden=(32,), epochs=40), {"lr": [0.001, 0.01]}).fit(X, y)

They take `pip install 'wengert[sklearn]'`, and pass scikit-learn's own checks of estimators.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

import autograd
from autograd import Tensor
from autograd.errors import SettingError
from autograd.extras import extra
from autograd.random import fork_rng

from . import functional as F
from . import layers, optim
from .module import Module
from .training import fit, predict

__all__ = ["Classifier", "Regressor"]


class _Missing:
    """Stands for scikit-learn's base classes where that is not installed: says so when an object is made."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return extra("sklearn.base", "sklearn", f"nn.estimators.{cls.__name__}")


def _base(name: str) -> Any:
    try:
        return getattr(importlib.import_module("sklearn.base"), name)
    except ModuleNotFoundError:
        return _Missing if name == "BaseEstimator" else type(name, (), {})


_ClassifierMixin: Any = _base("ClassifierMixin")
_RegressorMixin: Any = _base("RegressorMixin")
_BaseEstimator: Any = _base("BaseEstimator")


class _Estimator(_BaseEstimator):  # type: ignore[misc]
    """What both share."""

    def __init__(
        self,
        module: Module | Callable[[int, int], Module] | None = None,
        *,
        hidden: tuple[int, ...] = (64,),
        loss: Callable[[Any, Any], Tensor] | None = None,
        optimizer: str | type[optim.Optimizer] = "Adam",
        lr: float = 0.01,
        epochs: int = 50,
        batch_size: int = 32,
        callbacks: tuple[Any, ...] = (),
        compile: bool = False,
        clip: float | None = None,
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.module = module
        self.hidden = hidden
        self.loss = loss
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.callbacks = callbacks
        self.compile = compile
        self.clip = clip
        self.verbose = verbose
        self.random_state = random_state

    # -- in the words of scikit-learn's helpers

    def _checked(self, *given: Any, **how: Any) -> Any:
        """X, or X and y, as arrays of which all is known that is asked of them."""
        validation = extra("sklearn.utils.validation", "sklearn", type(self).__name__)
        kinds: Any = [np.float64, np.float32]
        return validation.validate_data(self, *given, dtype=kinds, allow_nd=self.module is not None, **how)

    def _made(self, features: int, outputs: int, dtype: Any) -> Module:
        """A new module for a fit."""
        if isinstance(self.module, Module):
            return copy.deepcopy(self.module)
        if self.module is not None:
            return self.module(features, outputs)
        return layers.MLP(features, self.hidden, outputs).to(dtype)

    def _optimizer(self, parameters: Any) -> optim.Optimizer:
        kind = getattr(optim, self.optimizer, None) if isinstance(self.optimizer, str) else self.optimizer
        if not isinstance(kind, type) or not issubclass(kind, optim.Optimizer):
            raise SettingError(f"{type(self).__name__}: wanted optimizer to be one of nn.optim, got {self.optimizer!r}")
        make: Any = kind
        made: optim.Optimizer = make(parameters, lr=self.lr)
        return made

    def _trained(self, X: Array, y: Array, outputs: int, loss: Any) -> None:
        check_random_state = extra("sklearn.utils", "sklearn", type(self).__name__).check_random_state
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        features = int(np.prod(X.shape[1:]))
        with fork_rng():
            autograd.manual_seed(seed)
            module = self._made(features, outputs, X.dtype)
            self.history_ = fit(
                module,
                (_as(X, module), y if y.dtype.kind == "i" else _as(y, module)),
                loss=loss,
                optimizer=self._optimizer(module.parameters()),
                epochs=self.epochs,
                batch_size=self.batch_size,
                callbacks=self.callbacks,
                progress=None if self.verbose else False,
                compile=self.compile,
                clip=self.clip,
            )
        self.module_ = module.eval()

    def _outputs(self, X: Any) -> Tensor:
        validation = extra("sklearn.utils.validation", "sklearn", type(self).__name__)
        validation.check_is_fitted(self)
        return predict(self.module_, _as(self._checked(X, reset=False), self.module_))


def _as(x: Array, module: Module) -> Tensor:
    """Numbers in the dtype of a module's parameters."""
    dtype = next((p.dtype for p in module.parameters() if p.dtype.kind == "f"), x.dtype)
    return autograd.tensor(x, dtype=dtype)


class Classifier(_ClassifierMixin, _Estimator):  # type: ignore[misc]
    """A classifier of scikit-learn's that trains a Module, whose outputs are logits for each class.

    module        a Module, of which each `fit` trains a copy; a function (features, outputs) -> Module; None: linear
                  layers with ReLU between them. Without a module of your own, the numbers are of the dtype of X
    hidden        widths of the layers between, where there is no module
    loss          None: cross-entropy of a Classifier, mean squared error of a Regressor
    optimizer     a name in `nn.optim`, or a class
    lr            learning rate
    epochs, batch_size, callbacks, compile, clip   as in `nn.fit`
    verbose       report to standard output, as `nn.fit` does?
    random_state  seed of the weights, the order and all else that is random; None: from NumPy's

    After `fit`: `module_`, the trained one, `history_`, what happened in each epoch, `n_features_in_`.
    `classes_` are the labels that y had, in order; with a module of your own, output number i is that of label i.
    """

    def fit(self, X: Any, y: Any) -> Classifier:
        """Train on examples X (n, features), or (n, ...) with a module of your own, and labels y (n,) of any kind."""
        multiclass = extra("sklearn.utils.multiclass", "sklearn", "Classifier")
        X, y = self._checked(X, y)
        multiclass.check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        self._trained(X, numbers.astype(np.int64), len(self.classes_), self.loss or layers.CrossEntropyLoss())
        return self

    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n, classes)."""
        outputs = self._outputs(X)
        return np.asarray(F.softmax(outputs, 1).numpy())[:, : len(self.classes_)]

    def predict_log_proba(self, X: Any) -> Array:
        """Logarithms of probabilities (n, classes)."""
        outputs = self._outputs(X)
        return np.asarray(F.log_softmax(outputs, 1).numpy())[:, : len(self.classes_)]

    def predict(self, X: Any) -> Array:
        """The most probable label of each."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(1)])


class Regressor(_RegressorMixin, _Estimator):  # type: ignore[misc]
    """A regressor of scikit-learn's that trains a Module. Its settings are those of `Classifier`.

    y may have several columns.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Regressor:
        """Train on examples X (n, features), or (n, ...) with a module of your own, and numbers y (n,) or (n, k)."""
        X, y = self._checked(X, y, multi_output=True, y_numeric=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = extra("sklearn.utils", "sklearn", "Regressor").column_or_1d(y, warn=True)
        self._columns = y.shape[1:]
        targets = y.reshape(len(y), -1).astype(X.dtype)
        self._trained(X, targets, targets.shape[1], self.loss or layers.MSELoss())
        return self

    def predict(self, X: Any) -> Array:
        """A number for each, or (n, k)."""
        found = np.asarray(self._outputs(X).numpy())
        return found.reshape(len(found), *self._columns)
