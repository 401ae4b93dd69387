// The functions that the page knows: NumPy's, and those of the library that stand in the lines of a program by name.
// A function gets its arguments in order, and the named ones as an object.

"use strict";

const elementwise = {
  exp: Math.exp,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  expm1: Math.expm1,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  arctan: Math.atan,
  arcsin: Math.asin,
  arccos: Math.acos,
  abs: Math.abs,
  absolute: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  square: (x) => x * x,
  negative: (x) => -x,
  reciprocal: (x) => 1 / x,
  isnan: (x) => (Number.isNaN(x) ? 1 : 0),
  isfinite: (x) => (Number.isFinite(x) ? 1 : 0),
  logical_not: (x) => (x ? 0 : 1),
};

const pairwise = {
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  divide: (x, y) => x / y,
  true_divide: (x, y) => x / y,
  power: (x, y) => x ** y,
  greater: (x, y) => +(x > y),
  less: (x, y) => +(x < y),
  greater_equal: (x, y) => +(x >= y),
  less_equal: (x, y) => +(x <= y),
  equal: (x, y) => +(x === y),
  not_equal: (x, y) => +(x !== y),
  logical_and: (x, y) => +(x && y),
  logical_or: (x, y) => +(x || y),
  maximum: (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : Math.max(x, y)),
  minimum: (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : Math.min(x, y)),
};

const number = (x) => (typeof x === "number" ? x : asArray(x).data[0]);
const sum = (x, axis, keepdims) => reduced(pairwise.add, 0, x, axis, keepdims);
const greatest = (x, axis, keepdims) => reduced(pairwise.maximum, -Infinity, x, axis, keepdims);

function softmax(x, axis) {
  const y = mapped(Math.exp, between(pairwise.subtract, x, greatest(x, [axis], true)));
  return between(pairwise.divide, y, sum(y, [axis], true));
}

function unbroadcast(g, shape) {
  g = asArray(g);
  const extra = g.shape.length - shape.length;
  const front = [...Array(extra).keys()];
  const ones = shape.flatMap((size, k) => (size === 1 && g.shape[k + extra] !== 1 ? [k + extra] : []));
  const left = sum(g, [...front, ...ones], true);
  return reshaped(left, shape);
}

function split(x, sizes, axis) {
  let begin = 0;
  return sizes.map((size) => {
    const index = asArray(x).shape.map(() => ({ start: null, stop: null, step: null }));
    index[axis] = { start: begin, stop: (begin += size), step: null };
    return picked(x, index);
  });
}

/** For classes along axis 1: visit(target, number of the row of scores, position of its first score, step). */
function rowsOf(x, target, visit) {
  const [count, inner] = [x.shape[1], sizeOf(x.shape.slice(2))];
  for (let n = 0; n < target.data.length; n++) {
    visit(target.data[n], n, Math.floor(n / inner) * count * inner + (n % inner), inner);
  }
}

function cross_entropy(x, { target, share, total }) {
  const shares = softmax(x, 1);
  const losses = array(target.shape);
  rowsOf(x, target, (label, n, first, step) => (losses.data[n] = -Math.log(shares.data[first + label * step])));
  const scaled = between(pairwise.multiply, losses, share);
  return [total ? sum(scaled) : scaled, null];
}

function cross_entropy_slope(x, target, share) {
  const slope = softmax(x, 1);
  rowsOf(x, target, (label, n, first, step) => (slope.data[first + label * step] -= 1));
  const wide =
    typeof share === "number" || !share.shape.length
      ? share
      : reshaped(share, [share.shape[0], 1, ...share.shape.slice(1)]);
  return between(pairwise.multiply, slope, wide);
}

/** The error function: M. Abramowitz & I. Stegun, Handbook of Mathematical Functions, 1964, 7.1.26, to 1.5e-7. */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

const below = (x) => (1 + erf(x / Math.SQRT2)) / 2; // the normal distribution
const gelu_slope = (x) => below(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);

/** For norms: (x - mean) / deviation along axes, scaled and shifted; gives mean, variance and 1 / deviation, too. */
function normalise(x, weight, bias, { view, axes, affine, eps, centred }) {
  const y = reshaped(x, view);
  const count = axes.reduce((size, axis) => size * view[axis], 1);
  const mean = centred ? between(pairwise.divide, sum(y, axes, true), count) : null;
  const away = mean ? between(pairwise.subtract, y, mean) : y;
  const variance = between(pairwise.divide, sum(mapped(elementwise.square, away), axes, true), count);
  const scale = mapped((v) => 1 / Math.sqrt(v + eps), variance);
  let z = between(pairwise.multiply, away, scale);
  if (weight) z = between(pairwise.multiply, z, reshaped(weight, affine));
  if (bias) z = between(pairwise.add, z, reshaped(bias, affine));
  return [reshaped(z, x.shape), mean, variance, scale];
}

function normalise_rule(dz, x, weight, mean, scale, view, axes, affine, size, centred) {
  const [g, y] = [reshaped(dz, view), reshaped(x, view)];
  const hat = between(pairwise.multiply, mean ? between(pairwise.subtract, y, mean) : y, scale);
  const own = weight ? between(pairwise.multiply, g, reshaped(weight, affine)) : g;
  const count = axes.reduce((total, axis) => total * view[axis], 1);
  const mid = (part) => between(pairwise.divide, sum(part, axes, true), count);
  const along = between(pairwise.multiply, hat, mid(between(pairwise.multiply, own, hat)));
  const left = between(pairwise.subtract, centred ? between(pairwise.subtract, own, mid(own)) : own, along);
  const others = affine.flatMap((each, axis) => (each === 1 ? [axis] : []));
  const fold = (part) => reshaped(sum(part, others, true), size);
  return [
    reshaped(between(pairwise.multiply, left, scale), x.shape),
    fold(between(pairwise.multiply, g, hat)),
    fold(g),
  ];
}

const functions = {
  "np.maximum.reduce": (x, { axis, initial, keepdims }) =>
    reduced(pairwise.maximum, initial ?? -Infinity, x, axis === undefined ? 0 : axis, keepdims),
  "np.add.reduce": (x, { axis, keepdims }) => sum(x, axis === undefined ? 0 : axis, keepdims),
  "np.sum": (x, { axis, keepdims }) => sum(x, axis, keepdims),
  "np.max": (x, { axis, keepdims }) => greatest(x, axis, keepdims),
  "np.mean": (x, { axis, keepdims }) => {
    const total = sum(x, axis, keepdims);
    return between(pairwise.divide, total, asArray(x).data.length / total.data.length);
  },
  "np.broadcast_to": (x, shape) => broadcastTo(x, shape),
  "np.expand_dims": (x, axis) => {
    const shape = [...asArray(x).shape];
    axesOf(axis, shape.length + (Array.isArray(axis) ? axis.length : 1))
      .sort()
      .forEach((at) => shape.splice(at, 0, 1));
    return reshaped(x, shape);
  },
  "np.array": (x) => (Array.isArray(x) ? array([x.length], Float64Array.from(x, number)) : asArray(x)),
  "np.dtype": () => null,
  "np.asarray": (x) => x,
  "np.where": (test, x, y) => {
    [test, x, y] = [test, x, y].map(asArray);
    const shape = broadcastShape(broadcastShape(test.shape, x.shape), y.shape);
    const [t, u, v] = [test, x, y].map((each) => broadcastTo(each, shape));
    return array(
      shape,
      t.data.map((yes, k) => (yes ? u.data[k] : v.data[k])),
    );
  },
  "np.zeros": (shape) => array(Array.isArray(shape) ? shape : [shape]),
  "np.matmul": matmul,
  float: number,
  int: (x) => Math.trunc(number(x)),
  len: (x) => (Array.isArray(x) ? x.length : asArray(x).shape[0]),
  product: matmul,
  sigmoid: (x) => mapped((v) => 1 / (1 + Math.exp(-v)), x),
  softmax: (x, { axis }) => softmax(x, axis),
  log_softmax: (x, { axis }) => mapped(Math.log, softmax(x, axis)),
  freedom: (shape, axis, correction) =>
    axesOf(axis, shape.length).reduce((size, each) => size * shape[each], 1) -
    (typeof correction === "number" ? correction : 0),
  expand: (x, { shape }) => broadcastTo(x, shape),
  unbroadcast,
  split: (x, { sizes, axis }) => split(x, sizes, axis),
  split_dx: (parts, axis) => joined(parts, axis),
  concatenate: (...parts) => joined(parts.slice(0, -1), parts.at(-1).axis),
  stack: (...parts) =>
    joined(
      parts.slice(0, -1).map((x) => functions["np.expand_dims"](x, parts.at(-1).axis)),
      parts.at(-1).axis,
    ),
  cat_d: (dz, shapes, axis) =>
    split(
      dz,
      shapes.map((shape) => shape[axis]),
      axis,
    ),
  erf: (x) => mapped(erf, x),
  gelu: (x) => mapped((v) => v * below(v), x),
  "activation._gelu_slope": (dz, x) => between((g, v) => g * gelu_slope(v), dz, x),
  normalise,
  "norm._rule": normalise_rule,
  Windows: (...numbers) => numbers.slice(0, -1),
  max_pool,
  "kernels.pool.plain.put": to_winners,
  cross_entropy,
  cross_entropy_slope,
  conv,
  conv_input_grad,
  conv_weight_grad,
};
for (const [name, f] of Object.entries(elementwise)) functions[`np.${name}`] = (x) => mapped(f, x);
for (const [name, f] of Object.entries(pairwise)) functions[`np.${name}`] = (x, y) => between(f, x, y);
for (const name of ["float32", "float64", "int64", "float16"]) functions[`np.${name}`] = (x) => asArray(x);

const methods = {
  sum: (x, ...rest) => sum(x, rest[0]?.axis ?? (rest.length > 1 ? rest[0] : undefined), rest.at(-1).keepdims),
  reshape: (x, ...rest) => reshaped(x, Array.isArray(rest[0]) ? rest[0] : rest.slice(0, -1)),
  transpose: (x, axes) => transposed(x, Array.isArray(axes) ? axes : undefined),
  view: (x) => x,
  astype: (x) => x,
  copy: (x) => x,
  item: (x) => number(x),
};

const attributes = {
  T: (x) => transposed(x),
  mT: (x) => {
    const axes = [...Array(x.shape.length).keys()];
    return transposed(x, [...axes.slice(0, -2), axes.at(-1), axes.at(-2)]);
  },
  shape: (x) => x.shape,
  ndim: (x) => x.shape.length,
  dtype: () => null,
  size: (x) => x.data.length,
};
