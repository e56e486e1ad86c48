"""Logistic regression, with as many layers as you like, and scikit-learn's conventions.

    model = LogisticRegression((8, 8)).fit(X, y)         # two hidden layers
    model.predict_proba(X)                               # (N, classes): the shares sum to 1
    model.at(3).decision_function(X)                     # the same, after 3 iterations

Without hidden layers it is the convex problem that scikit-learn's class of the same name solves,
and has the same solution.
"""

from __future__ import annotations

import copy
import inspect
import sys
import warnings
from importlib import import_module
from typing import Any

import numpy as np

from dpkit import arrays, functions, nn
from dpkit.backends import is_torch
from dpkit.box import plain
from dpkit.optim import minimize

__all__ = ["LogisticRegression"]


class LogisticRegression:
    """A classifier: a network whose outputs are logits, fitted by maximum likelihood.

    What is minimised, over the weights W and biases of all layers, is

        mean of −log p(yₙ | xₙ)  +  1/(2 C N) · Σ W²

    which is scikit-learn's objective divided by C·N. With two classes there is one logit z, and p(1)
    is σ(z); with more there is one for each class, and p is their softmax.

    Args:
        dims: the widths of the hidden layers; () for none.
        activation: between layers: "tanh", "relu", "sigmoid", or None (the layers collapse).
        C: the larger, the less the weights are held back; ``np.inf`` for no penalty.
        solver: "lbfgs" or "adam" (with all the data in each step).
        lr: the step size of "adam".
        max_iter: the most iterations.
        tol: done when no derivative of the objective is larger.
        random_state: a seed or numpy generator for the first weights of a network with hidden
            layers. Without hidden layers they are 0.

    After `fit`: `classes_`, `n_features_in_`, `n_iter_`, `network_` (a `nn.MLP`), `trace_` (see
    `optim.Trace`: points, values and slopes, one for each iteration and the start), and without
    hidden layers `coef_` (1 or K, D) and `intercept_` (1 or K,).
    """

    def __init__(
        self,
        dims: tuple[int, ...] = (),
        *,
        activation: str | None = "tanh",
        C: float = 1.0,
        solver: str = "lbfgs",
        lr: float = 0.01,
        max_iter: int = 1000,
        tol: float = 1e-4,
        random_state: Any = None,
    ) -> None:
        self.dims = dims
        self.activation = activation
        self.C = C
        self.solver = solver
        self.lr = lr
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> LogisticRegression:
        """Fit to examples. X: (N, D) numbers. y: (N,) labels of any kind, at least two different.

        Returns itself. Warns (UserWarning) if `max_iter` iterations were not enough.

        Raises ValueError if the data or the settings do not fit.
        """
        self._check_settings()
        X = _matrix(X)
        labels = _labels(y, len(X))
        self.classes_, targets = np.unique(labels, return_inverse=True)
        count = len(self.classes_)
        if count < 2:
            raise ValueError(
                f"There is nothing to tell apart: all {len(X)} labels are of one class, "
                f"{self.classes_[0]!r}. Give examples of at least two classes."
            )
        self.n_features_in_ = X.shape[1]
        outputs = 1 if count == 2 else count
        dims = (X.shape[1], *self.dims, outputs)
        self.network_ = nn.MLP(dims, self.activation, rng=self.random_state)
        names = [name for name, _ in self.network_.named_parameters()]
        start = [value.data for value in self.network_.parameters()]
        if not self.dims:
            start = [0.0 * value for value in start]
        shrink = 1 / (2 * self.C * len(X))

        def objective(values: list[Any]) -> Any:
            named = dict(zip(names, values, strict=True))
            z = nn.functional_call(self.network_, named, X)
            penalty = sum(arrays.sum(w * w) for name, w in named.items() if "weight" in name)
            return _misfit(z, targets) + shrink * penalty

        options: dict[str, Any] = {"lr": self.lr} if self.solver == "adam" else {}
        result = minimize(
            objective, start, self.solver, tol=self.tol, max_iter=self.max_iter, **options
        )
        if not result.success and result.nit >= self.max_iter:
            warnings.warn(
                f"LogisticRegression did not converge: after {result.nit} iterations a derivative "
                f"is still {result.trace.slope[-1]:.2g}, and tol is {self.tol:g}. Raise max_iter, "
                "or bring the features to a similar scale.",
                _kind("ConvergenceWarning", UserWarning),
                stacklevel=2,
            )
        self.trace_, self.n_iter_ = result.trace, max(result.nit, 1)
        self._take(result.x)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """The logits: (N,) for two classes, positive for the second; otherwise (N, classes)."""
        z = self._logits(X)
        return z[:, 0] if z.shape[1] == 1 else z

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """The logarithms of `predict_proba`, finite where a probability is too small for a float."""
        z = self._logits(X)
        if z.shape[1] == 1:
            return -np.hstack([functions.softplus(z), functions.softplus(-z)])
        return arrays.log_softmax(z, axis=1)

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, in the order of `classes_`: (N, classes)."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each example: (N,) labels."""
        z = self._logits(X)
        best = (z[:, 0] > 0).astype(int) if z.shape[1] == 1 else z.argmax(axis=1)
        return self.classes_[best]

    def score(self, X: Any, y: Any) -> float:
        """The share of examples whose class is predicted."""
        predicted = self.predict(X)
        return float(np.mean(predicted == _labels(y, len(predicted))))

    def at(self, iteration: int) -> LogisticRegression:
        """The model as it was after so many iterations (0: the start; −1: the last): a copy.

        Raises IndexError if there were not so many.
        """
        self._need_fit()
        points = self.trace_.x
        if not -len(points) <= iteration < len(points):
            raise IndexError(
                f"There is no iteration {iteration}: the fit took {len(points) - 1}, and 0 is the "
                "start."
            )
        twin = copy.copy(self)
        twin.network_ = copy.deepcopy(self.network_)
        twin._take(points[iteration])
        return twin

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The settings by name. (deep is there for scikit-learn: no setting has settings.)"""
        names = list(inspect.signature(type(self).__init__).parameters)[1:]
        return {name: getattr(self, name) for name in names}

    def set_params(self, **settings: Any) -> LogisticRegression:
        """Change settings by name. Raises ValueError for a name that is no setting."""
        known = self.get_params()
        for name, value in settings.items():
            if name not in known:
                raise ValueError(
                    f"LogisticRegression has no setting {name!r}; it has {', '.join(known)}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        fresh = type(self)().get_params()
        shown = ", ".join(
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if repr(value) != repr(fresh[name])
        )
        return f"LogisticRegression({shown})"

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks, where somebody uses it: this is a classifier."""
        utils = import_module("sklearn.utils")
        return utils.Tags(
            estimator_type="classifier",
            target_tags=utils.TargetTags(required=True),
            classifier_tags=utils.ClassifierTags(),
        )

    def _take(self, values: list[Any]) -> None:
        """Make these the parameters."""
        for parameter, value in zip(self.network_.parameters(), values, strict=True):
            parameter.data = value
        if not self.dims:
            self.coef_, self.intercept_ = (np.array(value) for value in values)

    def _logits(self, X: Any) -> np.ndarray:
        self._need_fit()
        X = _matrix(X)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} features, but LogisticRegression is expecting "
                f"{self.n_features_in_} features as input, as in fit."
            )
        return self.network_(X).numpy()

    def _need_fit(self) -> None:
        if not hasattr(self, "network_"):
            raise _kind("NotFittedError", AttributeError)(
                "This LogisticRegression has not been fitted. Call fit(X, y) first."
            )

    def _check_settings(self) -> None:
        if self.solver not in ("lbfgs", "adam"):
            raise ValueError(f'`solver` is "lbfgs" or "adam", but was {self.solver!r}.')
        if not self.C > 0:
            raise ValueError(f"`C` is positive, or np.inf for no penalty, but was {self.C!r}.")
        if not isinstance(self.dims, (tuple, list)):
            raise ValueError(
                f"`dims` is a tuple with the widths of the hidden layers, but was {self.dims!r}: "
                "(8,) is one layer of 8."
            )


def _kind(name: str, ours: type) -> type:
    """scikit-learn's own exception where it is at work, so that its users can catch it."""
    return getattr(sys.modules.get("sklearn.exceptions"), name, ours)


def _misfit(z: Any, targets: np.ndarray) -> Any:
    """The mean negative log-likelihood. z: logits (N, 1) or (N, K)."""
    if z.shape[1] == 1:
        return nn.binary_cross_entropy_with_logits(z[:, 0], targets)
    return nn.cross_entropy(z, targets)


def _matrix(X: Any) -> np.ndarray:
    """X as an (N, D) array of finite floats; the errors say what else it was."""
    if hasattr(X, "tocsr"):
        raise TypeError(
            f"X is a sparse matrix of shape {X.shape}, and dpkit has none: give it X.toarray()."
        )
    X = plain(X)
    X = np.asarray(X.detach().cpu() if is_torch(X) else X)
    if X.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: X, of shape {X.shape}, is {X.dtype}.")
    try:
        X = X.astype(float)
    except (TypeError, ValueError) as problem:
        error = TypeError if isinstance(problem, TypeError) else ValueError
        raise error(f"X should hold numbers, but is {X.dtype}: {problem}.") from problem
    if X.ndim != 2:
        raise ValueError(
            f"X should be (examples, features), but has the shape {X.shape}. Reshape your data: "
            "X.reshape(-1, 1) for one feature, X.reshape(1, -1) for one example."
        )
    if not X.size:
        which = "feature" if X.shape[0] else "sample"
        raise ValueError(
            f"X has 0 {which}(s) (shape={X.shape}) while a minimum of 1 is required."
        )  # in scikit-learn's words, which its checks look for
    if not np.isfinite(X).all():
        n, d = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(
            f"X contains NaN or infinity: the first is X[{n}, {d}] = {X[n, d]}. Leave such examples "
            "out, or fill the gaps."
        )
    return X


def _labels(y: Any, count: int) -> np.ndarray:
    """y as a (count,) array of labels; the errors say what else it was."""
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None.")
    y = plain(y)
    y = np.asarray(y.detach().cpu() if is_torch(y) else y)
    if y.ndim == 2 and y.shape[1] == 1:
        warnings.warn(
            f"A column-vector y was passed when a 1d array was expected: its shape is {y.shape}, and "
            "it is taken as y.ravel().",
            _kind("DataConversionWarning", UserWarning),
            stacklevel=3,
        )
        y = y[:, 0]
    if y.ndim != 1:
        raise ValueError(f"y should be one label an example, but has the shape {y.shape}.")
    if len(y) != count:
        raise ValueError(f"There are {count} examples in X, but {len(y)} labels in y.")
    if y.dtype.kind == "f":
        if not np.isfinite(y).all():
            raise ValueError(
                f"Input y contains NaN or infinity, at y[{(~np.isfinite(y)).argmax()}]."
            )
        if (y != np.round(y)).any():
            raise ValueError(
                f"Unknown label type: y holds numbers such as {y[y != np.round(y)][0]:g}, which "
                "vary continuously. Labels are whole numbers, text or truth values."
            )
    return y
