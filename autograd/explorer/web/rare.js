// Functions that few programs use: what is written at places, running products, windows, and rare numbers.

"use strict";

/** The positions that x[index] names, in the shape that it has. */
function places(shape, index) {
  return picked(
    array(
      shape,
      Float64Array.from({ length: sizeOf(shape) }, (_, k) => k),
    ),
    index,
  );
}

/** A copy of x in which write(old, new) stands at x[index]; v is broadcast to that. */
function written(x, v, index, write) {
  const [out, at] = [array(x.shape, Float64Array.from(x.data)), places(x.shape, index)];
  const values = broadcastTo(v, at.shape);
  at.data.forEach((flat, k) => (out.data[flat] = write(out.data[flat], values.data[k])));
  return out;
}

/** What comes to v from what was written at x[index]. */
const read = (dz, shape, index) => unbroadcast(picked(dz, index), shape);

/** For each line along an axis: visit(positions of its elements). */
function lines(shape, axis, visit) {
  const [[at], strides] = [axesOf(axis, shape.length), stridesOf(shape)];
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    if (indexOf(flat, shape)[at] === 0) visit(Array.from({ length: shape[at] }, (_, k) => flat + k * strides[at]));
  }
}

/** A new array of x's shape, computed line by line: f(elements of a line of each of the arrays). */
function byLine(axis, f, ...arrays) {
  const out = array(arrays[0].shape);
  lines(out.shape, axis, (flats) => {
    const given = arrays.map((x) => flats.map((flat) => x.data[flat]));
    f(...given).forEach((value, k) => (out.data[flats[k]] = value));
  });
  return out;
}

/** Element by element from the first (from the last, if `reverse`): f(what came before, index). */
function running(count, reverse, f) {
  const out = new Array(count);
  let before = null;
  for (let k = 0; k < count; k++) {
    const at = reverse ? count - 1 - k : k;
    out[at] = before = f(before, at);
  }
  return out;
}

/** Where an element beyond the edges is taken from. */
function beyond(at, size, mode) {
  if (mode === "replicate" || mode === "edge") return Math.min(Math.max(at, 0), size - 1);
  if (mode === "circular" || mode === "wrap") return modulo(at, size);
  if (mode !== "reflect") throw new Unknown(mode);
  const turn = modulo(at, 2 * (size - 1) || 1);
  return turn < size ? turn : 2 * (size - 1) - turn;
}

const inner = (widths, mode, shape) => (index) =>
  index.map((at, k) => (widths[k][0] || widths[k][1] ? beyond(at - widths[k][0], shape[k], mode) : at));

/** ln of the gamma function, x > 0, and its derivatives: the recurrence up to 12, then Stirling's series. */
function lgamma(x) {
  let [shift, y] = [0, x];
  for (; y < 12; y++) shift += Math.log(y);
  const series = 1 / (12 * y) - 1 / (360 * y ** 3) + 1 / (1260 * y ** 5);
  return (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series - shift;
}
function digamma(x) {
  let [shift, y] = [0, x];
  for (; y < 12; y++) shift += 1 / y;
  return Math.log(y) - 1 / (2 * y) - 1 / (12 * y ** 2) + 1 / (120 * y ** 4) - 1 / (252 * y ** 6) - shift;
}
function trigamma(x) {
  let [shift, y] = [0, x];
  for (; y < 12; y++) shift += 1 / y ** 2;
  return 1 / y + 1 / (2 * y ** 2) + 1 / (6 * y ** 3) - 1 / (30 * y ** 5) + 1 / (42 * y ** 7) + shift;
}

/** All elements of images under windows: visit(position in the images, position in columns (N, C * I * J, P * Q)). */
function underWindows(shape, kernel, stride, padding, dilation, counts, visit) {
  if (shape.length !== 4) throw new Unknown("windows of other than images");
  const [N, C, H, W] = shape;
  const [own, I, J, P, Q] = [sizeOf(kernel), ...kernel, ...counts];
  slide(N, C, C, P, Q, I, J, H, W, stride, padding, dilation, C, (n, c, _, channel, p, q, i, j, row, column) =>
    visit(((n * C + c) * H + row) * W + column, ((n * C + c) * own + i * J + j) * P * Q + p * Q + q),
  );
}

/** Where the element at the last index of a window along an axis comes from. */
const under = (axis, step) => (index) =>
  index.slice(0, -1).map((each, k) => (k === axis ? each * step + index.at(-1) : each));

/** A convolution along one axis is one of images with a single row. */
const row = (x) => (x ? reshaped(x, [...x.shape.slice(0, -1), 1, x.shape.at(-1)]) : x);
const flatten = (z) => reshaped(z, [...z.shape.slice(0, -2), z.shape.at(-1)]);
const alone = (f, x, y, more, stride, padding, dilation, groups, sizes) =>
  flatten(f(row(x), row(y), ...more, [1, ...stride], [0, ...padding], [1, ...dilation], groups, [1, ...sizes]));
const images = { conv, conv_input_grad, conv_weight_grad };

Object.assign(functions, {
  conv: (x, w, bias, ...rest) =>
    x.shape.length === 3 ? alone(conv, x, w, [bias], ...rest) : images.conv(x, w, bias, ...rest),
  conv_input_grad: (dz, w, bias, ...rest) => {
    const one = dz.shape.length === 3;
    const z = one ? alone(conv_input_grad, dz, w, [null], ...rest) : images.conv_input_grad(dz, w, null, ...rest);
    const shape = [1, bias?.data.length, ...z.shape.slice(2).map(() => 1)];
    return bias ? between(pairwise.add, z, reshaped(bias, shape)) : z;
  },
  conv_weight_grad: (dz, x, ...rest) =>
    dz.shape.length === 3 ? alone(conv_weight_grad, dz, x, [], ...rest) : images.conv_weight_grad(dz, x, ...rest),
  slice: (...parts) => {
    const [start, stop, step] = parts.slice(0, -1);
    return { start: start ?? null, stop: stop ?? null, step: step ?? null };
  },
  add_to: (x, v, { index }) => written(x, v, index, pairwise.add),
  set_at: (x, v, { index }) => written(x, v, index, (_, v) => v),
  zero_at: (x, { index }) => written(x, 0, index, () => 0),
  add_to_dv: read,
  set_at_dv: (dz, _, shape, index) => read(dz, shape, index),
  "along._add": (total, dz, index, axis) => {
    const [at] = axesOf(axis, total.shape.length);
    const moved = scattered(dz, total.shape, (place) =>
      place.map((each, k) => (k === at ? modulo(index.data[flatOf(place, dz.shape)], total.shape[at]) : each)),
    );
    return between(pairwise.add, total, moved);
  },
  max_unpool: (x, { index, shape }) => {
    const out = array(shape);
    index.data.forEach((flat, k) => (out.data[flat] = x.data[k]));
    return out;
  },
  "np.cross": (x, y, { axis }) => {
    if (x.shape.at(axis) !== 3 || x.shape.join() !== y.shape.join()) throw new Unknown("such a product");
    return byLine(axis, ([a, b, c], [d, e, f]) => [b * f - c * e, c * d - a * f, a * e - b * d], x, y);
  },
  "np.diff": (x, { axis }) => {
    const [at] = axesOf(axis, x.shape.length);
    const part = (start, stop) => picked(x, x.shape.map((_, k) => (k === at ? { start, stop, step: null } : whole)));
    return between(pairwise.subtract, part(1, null), part(null, -1));
  },
  diff_back: (x, { axis }) => {
    const [at] = axesOf(axis, x.shape.length);
    const widths = (pair) => x.shape.map((_, k) => (k === at ? pair : [0, 0]));
    return between(pairwise.subtract, padded(x, { widths: widths([0, 1]) }), padded(x, { widths: widths([1, 0]) }));
  },
  shift: (x, { axis, by, fill }) => byLine(axis, (own) => own.map((_, k) => own[k - by] ?? fill ?? 0), x),
  cumprod: (x, { axis, reverse }) =>
    byLine(axis, (own) => running(own.length, reverse, (before, k) => (before ?? 1) * own[k]), x),
  "scan._cumprod_rule": (dz, x, axis, reverse) =>
    byLine(
      axis,
      (g, own) =>
        own.map((_, j) => {
          let total = 0;
          own.forEach((_, i) => {
            if (reverse ? i > j : i < j) return;
            const others = own.filter((_, l) => l !== j && (reverse ? l >= i : l <= i));
            total += g[i] * others.reduce((product, v) => product * v, 1);
          });
          return total;
        }),
      dz,
      x,
    ),
  recurrence: (a, b, { axis, reverse }) => {
    const next = (p, q) => running(p.length, reverse, (last, k) => (last === null ? q[k] : p[k] * last + q[k]));
    return byLine(axis, next, a, b);
  },
  "np.logaddexp.accumulate": (x, { axis }) =>
    byLine(
      axis,
      (own) =>
        running(own.length, false, (m, k) =>
          m === null ? own[k] : Math.max(m, own[k]) + Math.log1p(Math.exp(-Math.abs(m - own[k]))),
        ),
      x,
    ),
  "scan._logcumsumexp_rule": (dz, x, axis) => {
    const z = functions["np.logaddexp.accumulate"](x, { axis });
    const slope = (g, own, sums) =>
      own.map((v, j) => own.reduce((total, _, i) => (i < j ? total : total + g[i] * Math.exp(v - sums[i])), 0));
    return byLine(axis, slope, dz, x, z);
  },
  "others._others_rule": (dz, x, axis) => {
    const slope = (g, own) =>
      own.map((_, j) =>
        own.reduce((total, _, i) => {
          const rest = own.filter((_, l) => l !== i && l !== j);
          return i === j ? total : total + g[i] * rest.reduce((product, v) => product * v, 1);
        }, 0),
      );
    return byLine(axis, slope, dz, x);
  },
  "op.erf": (x) => mapped(erf, x),
  "op.erfc": (x) => mapped((v) => 1 - erf(v), x),
  "op.take_along": (x, index, { axis }) => {
    const [at] = axesOf(axis, x.shape.length);
    return gathered(x, index.shape, (place) =>
      place.map((each, k) => (k === at ? modulo(index.data[flatOf(place, index.shape)], x.shape[at]) : each)),
    );
  },
  unfold: (x, { kernel, counts, stride, padding, dilation }) => {
    const out = array([x.shape[0], x.shape[1] * sizeOf(kernel), sizeOf(counts)]);
    underWindows(x.shape, kernel, stride, padding, dilation, counts, (from, to) => (out.data[to] = x.data[from]));
    return out;
  },
  fold: (x, kernel, stride, padding, dilation, counts, size) => {
    const out = array([x.shape[0], x.shape[1] / sizeOf(kernel), ...size]);
    underWindows(out.shape, kernel, stride, padding, dilation, counts, (to, from) => (out.data[to] += x.data[from]));
    return out;
  },
  fold_dx: (dz, kernel, stride, padding, dilation, counts) =>
    functions.unfold(dz, { kernel, counts, stride, padding, dilation }),
  windows: (x, { axis, size, step }) => {
    const [at] = axesOf(axis, x.shape.length);
    const count = Math.floor((x.shape[at] - size) / step) + 1;
    const shape = [...x.shape.map((each, k) => (k === at ? count : each)), size];
    return gathered(x, shape, under(at, step));
  },
  add_windows: (x, { shape, axis, step }) => {
    const [at] = axesOf(axis, shape.length);
    return scattered(x, shape, under(at, step));
  },
  add_windows_dx: (dz, axis, size, step) => functions.windows(dz, { axis, size, step }),
  pad_edges: (x, { widths, mode }) =>
    gathered(
      x,
      x.shape.map((size, k) => size + widths[k][0] + widths[k][1]),
      inner(widths, mode, x.shape),
    ),
  fold_edges: (x, { widths, mode }) => {
    const shape = x.shape.map((size, k) => size - widths[k][0] - widths[k][1]);
    return scattered(x, shape, inner(widths, mode, shape));
  },
  "elementwise._over_radius2": (dz, c, x, y) => {
    const squares = between((a, b) => a * a + b * b, x, y);
    return multiplied(dz, between(pairwise.divide, c, squares));
  },
  "np.nan_to_num": (x, { nan, posinf, neginf }) =>
    mapped((v) => (Number.isNaN(v) ? nan : v === Infinity ? (posinf ?? v) : v === -Infinity ? (neginf ?? v) : v), x),
  polygamma: (x, { order }) => {
    if (order > 1) throw new Unknown("such an order");
    return mapped((v) => (v > 0 ? (order ? trigamma(v) : digamma(v)) : NaN), x);
  },
  lgamma: (x) => mapped((v) => (v > 0 ? lgamma(v) : NaN), x),
  sinc: (x, { order }) => {
    if (order !== 1) throw new Unknown("such an order");
    return mapped((v) => (v ? (Math.cos(Math.PI * v) - Math.sin(Math.PI * v) / (Math.PI * v)) / v : 0), x);
  },
  spherical_j0: (x, { order }) => {
    if (order > 1) throw new Unknown("such an order");
    return mapped((v) => (v ? (order ? (Math.cos(v) - Math.sin(v) / v) / v : Math.sin(v) / v) : order ? 0 : 1), x);
  },
  logaddexp2_dx: (dz, x, y) => multiplied(dz, between((a, b) => sigmoid((a - b) * Math.LN2), x, y)),
  logaddexp2_dy: (dz, x, y) => functions.logaddexp2_dx(dz, y, x),
  fmod: (x, y) => between((a, b) => a % b, x, y),
  floor_divide: (x, y) => between((a, b) => Math.floor(a / b), x, y),
  div: (x, y) => between((a, b) => Math.trunc(a / b), x, y),
});

/** x[index] = dz among zeros, for slices and numbers, too. */
const putAtArray = functions["autograd.ops.index.put"];
functions["autograd.ops.index.put"] = (dz, { index, shape }) =>
  index?.data ? putAtArray(dz, { index, shape }) : written(array(shape), dz, index, pairwise.add);

const repeatedAlike = functions["np.repeat"];
functions["np.repeat"] = (x, count, axis) => {
  if (!count?.data) return repeatedAlike(x, count, axis);
  const from = [...count.data].flatMap((n, k) => new Array(n).fill(k));
  const shape = x.shape.map((size, k) => (k === axis ? from.length : size));
  return gathered(x, shape, (index) => index.map((at, k) => (k === axis ? from[at] : at)));
};
const summedAlike = functions.segment_sum;
functions.segment_sum = (x, { counts, axis }) => {
  if (!counts?.data) return summedAlike(x, { counts, axis });
  const to = [...counts.data].flatMap((n, k) => new Array(n).fill(k));
  const shape = x.shape.map((size, k) => (k === axis ? counts.data.length : size));
  return scattered(x, shape, (index) => index.map((at, k) => (k === axis ? to[at] : at)));
};

const evenly = (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
for (const [name, f] of Object.entries({ cbrt: Math.cbrt, trunc: Math.trunc, rint: evenly }))
  functions[`np.${name}`] = (x) => mapped(f, x);
for (const [name, f] of Object.entries({
  copysign: (x, y) => (Object.is(Math.sign(y), -0) || y < 0 ? -Math.abs(x) : Math.abs(x)),
  logaddexp2: (x, y) => Math.max(x, y) + Math.log2(1 + 2 ** -Math.abs(x - y)),
}))
  functions[`np.${name}`] = (x, y) => between(f, x, y);
