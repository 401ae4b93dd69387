// More of the library's functions: activations, averages over windows, reductions, and what moves elements about.

"use strict";

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x, beta, threshold) =>
  x * beta > threshold ? x : (Math.max(x * beta, 0) + Math.log1p(Math.exp(-Math.abs(x * beta)))) / beta;
const tanhSoftplus = (x) => Math.tanh(softplus(x, 1, 40));
const multiplied = (x, y) => between(pairwise.multiply, x, y);
const GELU_RATE = Math.sqrt(2 / Math.PI);

/** dz times the derivative of a function of one number. */
const sloped = (derivative) => (dz, x) => between((g, v) => g * derivative(v), dz, x);

/** A result of a reduction with the axes that were reduced as axes of size 1. */
function kept(y, shape, axis, keepdims) {
  if (keepdims || axis === null) return y;
  const axes = axesOf(axis, shape.length);
  return reshaped(
    y,
    shape.map((size, k) => (axes.includes(k) ? 1 : size)),
  );
}

/** 1 / k at each of the k elements that equal z. */
function evenShare(x, z, { axis }) {
  const hits = between(pairwise.equal, x, z);
  return between(pairwise.divide, hits, sum(hits, axis, true));
}

function centred(x, axis) {
  const total = sum(x, axis, true);
  return between(pairwise.subtract, x, between(pairwise.divide, total, x.data.length / total.data.length));
}

function variance(x, axis, correction, keepdims) {
  const total = sum(mapped(elementwise.square, centred(x, axis)), axis, keepdims);
  return between(pairwise.divide, total, x.data.length / total.data.length - correction);
}

/** A new array of `shape`, each element from where `from(index)` says: an index of x, or null for `value`. */
function gathered(x, shape, from, value = 0) {
  const out = array(shape);
  for (let flat = 0; flat < out.data.length; flat++) {
    const index = from(indexOf(flat, shape));
    out.data[flat] = index ? x.data[flatOf(index, x.shape)] : value;
  }
  return out;
}

/** Each element of x added where `to(index)` says. */
function scattered(x, shape, to) {
  const out = array(shape);
  x.data.forEach((value, flat) => (out.data[flatOf(to(indexOf(flat, x.shape)), shape)] += value));
  return out;
}

const whole = { start: null, stop: null, step: null };
const modulo = (x, n) => ((x % n) + n) % n;

function rolled(x, by, axis) {
  const pairs = [axis].flat().map((at, k) => [at < 0 ? at + x.shape.length : at, [by].flat()[k]]);
  return gathered(x, x.shape, (index) => {
    for (const [at, step] of pairs) index[at] = modulo(index[at] - step, x.shape[at]);
    return index;
  });
}

function padded(x, { widths, value }) {
  const shape = x.shape.map((size, k) => size + widths[k][0] + widths[k][1]);
  return gathered(
    x,
    shape,
    (index) => {
      const at = index.map((each, k) => each - widths[k][0]);
      return at.every((each, k) => each >= 0 && each < x.shape[k]) ? at : null;
    },
    value ?? 0,
  );
}

/** Sums along an axis up to each element; `back`: from each element to the end. */
function accumulated(name, x, axis, back) {
  if (name !== "add") throw new Unknown(name);
  const [at, steps] = [axesOf(axis, x.shape.length)[0], stridesOf(x.shape)];
  const out = array(x.shape, Float64Array.from(x.data));
  const order = [...out.data.keys()];
  for (const flat of back ? order.reverse() : order) {
    const place = indexOf(flat, x.shape)[at];
    if (back ? place < x.shape[at] - 1 : place > 0) out.data[flat] += out.data[flat + (back ? steps[at] : -steps[at])];
  }
  return out;
}

/** For each element the product of the others along an axis. */
function others(x, { axis }) {
  const axes = axesOf(axis, x.shape.length);
  const out = array(x.shape);
  out.data.fill(1);
  const group = (flat) =>
    indexOf(flat, x.shape)
      .filter((_, k) => !axes.includes(k))
      .join();
  const groups = [...x.data.keys()].map(group);
  for (let i = 0; i < x.data.length; i++)
    for (let j = 0; j < x.data.length; j++) if (i !== j && groups[i] === groups[j]) out.data[i] *= x.data[j];
  return out;
}

/** [sizes, strides, padding, out] as `windowed` takes them; one axis is a plane of one row. */
function flatWindows(size, stride, padding, out) {
  const two = (pair, one) => (pair.length === 1 ? [one, pair[0]] : pair);
  return [two(size, 1), two(stride, 1), two(padding, 0), [1, 1], two(out, 1), true];
}

const planes = (shape, count) => (count === 1 ? [...shape.slice(0, -1), 1, shape.at(-1)] : shape);

function window_sums(x, size, stride, padding, out, divisor) {
  const z = array([...x.shape.slice(0, -size.length), ...out]);
  const windows = flatWindows(size, stride, padding, out);
  windowed(planes(x.shape, size.length), windows, (at, from) => (z.data[at] += x.data[from]));
  return between(pairwise.divide, z, divisor);
}

function window_spread(dz, size, stride, padding, shape, divisor) {
  const [x, own] = [array(shape), between(pairwise.divide, dz, divisor)];
  const windows = flatWindows(size, stride, padding, dz.shape.slice(-size.length));
  windowed(planes(shape, size.length), windows, (at, from) => (x.data[from] += own.data[at]));
  return x;
}

function attention(q, k, v, { bias, scale }) {
  const scores = multiplied(matmul(q, attributes.mT(k)), scale);
  const weights = softmax(bias ? between(pairwise.add, scores, bias) : scores, -1 + scores.shape.length);
  return [matmul(weights, v), weights];
}

function attention_grad(dz, q, k, v, weights, scale) {
  const slope = matmul(dz, attributes.mT(v));
  const inner = between(pairwise.subtract, slope, sum(multiplied(slope, weights), [slope.shape.length - 1], true));
  const scores = multiplied(multiplied(inner, weights), scale);
  return [matmul(scores, k), matmul(attributes.mT(scores), q), matmul(attributes.mT(weights), dz)];
}

function nll(x, { target, share, total }) {
  const losses = array(target.shape);
  rowsOf(x, target, (label, n, first, step) => (losses.data[n] = -x.data[first + label * step]));
  const scaled = multiplied(losses, share);
  return total ? sum(scaled) : scaled;
}

function nll_slope(dz, shape, _dtype, target, share) {
  const out = array(shape);
  const own = broadcastTo(multiplied(dz, share), target.shape);
  rowsOf(out, target, (label, n, first, step) => (out.data[first + label * step] = -own.data[n]));
  return out;
}

function norm_rule(dz, x, z, p, axis, keepdims) {
  if (!Number.isFinite(p) || p <= 0) throw new Unknown("such a norm");
  const [g, n] = [kept(dz, x.shape, axis, keepdims), kept(z, x.shape, axis, keepdims)];
  const ratio = between((v, r) => (r === 0 ? 0 : Math.sign(v) * (Math.abs(v) / r) ** (p - 1)), x, n);
  return multiplied(g, ratio);
}

/** One axis after the other: element i of the result is the sum of the elements at `places[i]` times their weights. */
function resample(x, { taps }) {
  for (const [axis, parts] of taps) {
    const of = ([places, weights]) => {
      const shape = x.shape.map((size, k) => (k === axis ? places.data.length : size));
      const out = gathered(x, shape, (index) => index.map((at, k) => (k === axis ? places.data[at] : at)));
      const along = shape.map((size, k) => (k === axis ? size : 1));
      return weights ? multiplied(out, reshaped(weights, along)) : out;
    };
    x = parts.map(of).reduce((a, b) => between(pairwise.add, a, b));
  }
  return x;
}

Object.assign(functions, {
  silu: (x) => mapped((v) => v * sigmoid(v), x),
  "activation._silu_slope": sloped((v) => sigmoid(v) * (1 + v * (1 - sigmoid(v)))),
  softplus: (x, { beta, threshold }) => mapped((v) => softplus(v, beta, threshold), x),
  "activation._softplus_slope": (dz, x, beta, threshold) =>
    between((g, v) => g * (v * beta > threshold ? 1 : sigmoid(v * beta)), dz, x),
  "activation._elu_slope": (dz, x, alpha, scale, rate) =>
    between((g, v) => g * scale * (v > 0 ? 1 : alpha * rate * Math.exp(v * rate)), dz, x),
  mish: (x) => mapped((v) => v * tanhSoftplus(v), x),
  "activation._mish_slope": sloped((v) => tanhSoftplus(v) + v * (1 - tanhSoftplus(v) ** 2) * sigmoid(v)),
  "activation._logsigmoid_slope": sloped((v) => sigmoid(-v)),
  "activation._gelu_tanh_slope": sloped((v) => {
    const t = Math.tanh(GELU_RATE * (v + 0.044715 * v ** 3));
    return 0.5 * (1 + t) + 0.5 * v * (1 - t * t) * GELU_RATE * (1 + 3 * 0.044715 * v * v);
  }),
  binary_cross_entropy_with_logits_dx: (dz, x, y) =>
    multiplied(
      dz,
      between((v, t) => sigmoid(v) - t, x, y),
    ),
  "loss._log": (x) => mapped((v) => Math.max(Math.log(v), -100), x),
  "elementwise._power": (x, y) => between((a, b) => a ** b, x, y),
  "elementwise._power_slope": (x, y) => between((a, b) => (b === 0 ? 0 : b * a ** (b - 1)), x, y),
  kept: (y, shape, axis, keepdims) => kept(y, shape, axis, keepdims),
  share: evenShare,
  others,
  "np.multiply.reduce": (x, { axis, keepdims }) => reduced(pairwise.multiply, 1, x, axis, keepdims),
  "np.minimum.reduce": (x, { axis, keepdims }) => reduced(pairwise.minimum, Infinity, x, axis, keepdims),
  logsumexp: (x, { axis, keepdims }) => {
    const most = greatest(x, axis, true);
    const total = mapped(Math.log, sum(mapped(Math.exp, between(pairwise.subtract, x, most)), axis, true));
    const z = between(pairwise.add, total, most);
    return keepdims ? z : reshaped(z, sum(x, axis, false).shape);
  },
  "reduce._logsumexp_rule": (dz, x, z, axis, keepdims) =>
    multiplied(
      kept(dz, x.shape, axis, keepdims),
      between((v, most) => Math.exp(v - most), x, kept(z, x.shape, axis, keepdims)),
    ),
  var: (x, { axis, correction, keepdims }) => variance(x, axis, correction, keepdims),
  std: (x, { axis, correction, keepdims }) => mapped(Math.sqrt, variance(x, axis, correction, keepdims)),
  std_dx: (dz, x, z, axis, correction, keepdims) => {
    const [g, s] = [kept(dz, x.shape, axis, keepdims), kept(z, x.shape, axis, keepdims)];
    const free = x.data.length / s.data.length - correction;
    return multiplied(
      between((a, b) => a / (b * free), g, s),
      centred(x, axis),
    );
  },
  vector_norm: (x, { p, axis, keepdims }) => {
    if (!Number.isFinite(p) || p <= 0) throw new Unknown("such a norm");
    const total = sum(
      mapped((v) => Math.abs(v) ** p, x),
      axis,
      keepdims,
    );
    return mapped((v) => v ** (1 / p), total);
  },
  "reduce._norm_rule": norm_rule,
  "scan._accumulate": accumulated,
  "np.zeros_like": (x) => array(asArray(x).shape),
  "np.round": (x, digits) => {
    if (digits !== 0) throw new Unknown("rounding to digits");
    return mapped((v) => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v)), x);
  },
  "np.flip": (x, axis) =>
    gathered(x, x.shape, (index) => {
      for (const at of axesOf(axis, index.length)) index[at] = x.shape[at] - 1 - index[at];
      return index;
    }),
  "np.roll": rolled,
  roll_dx: (dz, by, axis) =>
    rolled(
      dz,
      [by].flat().map((each) => -each),
      axis,
    ),
  "np.tile": (x, times_) => {
    const own = [...Array(Math.max(0, times_.length - x.shape.length)).fill(1), ...x.shape];
    const small = reshaped(x, own);
    const shape = own.map((size, k) => size * times_[k]);
    return gathered(small, shape, (index) => index.map((at, k) => at % own[k]));
  },
  untile: (dz, shape) => {
    const own = [...Array(dz.shape.length - shape.length).fill(1), ...shape];
    return reshaped(
      scattered(dz, own, (index) => index.map((at, k) => at % own[k])),
      shape,
    );
  },
  "np.repeat": (x, count, axis) => {
    if (typeof count !== "number") throw new Unknown("such counts");
    const shape = x.shape.map((size, k) => (k === axis ? size * count : size));
    return gathered(x, shape, (index) => index.map((at, k) => (k === axis ? Math.floor(at / count) : at)));
  },
  segment_sum: (x, { counts, axis }) => {
    if (typeof counts !== "number") throw new Unknown("such counts");
    const shape = x.shape.map((size, k) => (k === axis ? size / counts : size));
    return scattered(x, shape, (index) => index.map((at, k) => (k === axis ? Math.floor(at / counts) : at)));
  },
  pad: padded,
  "pad._negative": (widths) => widths.map((pair) => pair.map((each) => -each)),
  "np.take": (x, index, { axis }) => {
    if (axis !== 0) throw new Unknown("such an axis");
    return gathered(x, [...index.shape, ...x.shape.slice(1)], (at) => [
      modulo(index.data[flatOf(at.slice(0, index.shape.length), index.shape)], x.shape[0]),
      ...at.slice(index.shape.length),
    ]);
  },
  "autograd.ops.index.put": (dz, { index, shape }) => {
    if (!index?.data) throw new Unknown("such an index");
    return scattered(dz, shape, (at) => [
      modulo(index.data[flatOf(at.slice(0, index.shape.length), index.shape)], shape[0]),
      ...at.slice(index.shape.length),
    ]);
  },
  "np.tril": (x, k) => gathered(x, x.shape, (index) => (index.at(-1) - index.at(-2) <= k ? index : null)),
  "np.triu": (x, k) => gathered(x, x.shape, (index) => (index.at(-1) - index.at(-2) >= k ? index : null)),
  unbind: (x, { axis }) => {
    const [at] = axesOf(axis, x.shape.length);
    return [...Array(x.shape[at]).keys()].map((k) => picked(x, x.shape.map((_, j) => (j === at ? k : whole))));
  },
  unbind_dx: (parts, axis) => functions.stack(...parts, { axis }),
  window_sums,
  window_spread,
  attention,
  attention_grad,
  nll,
  "loss._nll_slope": nll_slope,
  resample,
});
for (const [name, f] of Object.entries({
  exp2: (x) => 2 ** x,
  arcsinh: Math.asinh,
  arccosh: Math.acosh,
  arctanh: Math.atanh,
  deg2rad: (x) => (x * Math.PI) / 180,
  rad2deg: (x) => (x * 180) / Math.PI,
  sinc: (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)),
}))
  functions[`np.${name}`] = (x) => mapped(f, x);
for (const [name, f] of Object.entries({
  hypot: Math.hypot,
  arctan2: Math.atan2,
  logaddexp: (x, y) => Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y))),
  floor_divide: (x, y) => Math.floor(x / y),
  fmax: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y)),
  fmin: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y)),
}))
  functions[`np.${name}`] = (x, y) => between(f, x, y);
functions.remainder = (x, y) => between((a, b) => a - b * Math.floor(a / b), x, y);
functions.logaddexp_dx = (dz, x, y) =>
  multiplied(
    dz,
    between((a, b) => sigmoid(a - b), x, y),
  );
functions.logaddexp_dy = (dz, x, y) => functions.logaddexp_dx(dz, y, x);
