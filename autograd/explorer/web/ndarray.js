// Arrays as the page computes with them: {shape: [2, 3], data: Float64Array}, row-major. NumPy's rules for shapes.

"use strict";

/** Thrown where the page does not know how to compute something: what was recorded is shown in its place. */
class Unknown extends Error {}

const sizeOf = (shape) => shape.reduce((size, each) => size * each, 1);

function array(shape, data) {
  return { shape: [...shape], data: data ?? new Float64Array(sizeOf(shape)) };
}

function asArray(x) {
  if (typeof x === "number") return array([], Float64Array.of(x));
  if (typeof x === "boolean") return array([], Float64Array.of(x ? 1 : 0));
  if (x && x.data && x.shape) return x;
  throw new Unknown("not an array");
}

function stridesOf(shape) {
  const strides = new Array(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/** [row, column] of a position in row-major order. */
function indexOf(flat, shape) {
  const index = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = flat % shape[axis];
    flat = Math.floor(flat / shape[axis]);
  }
  return index;
}

function flatOf(index, shape) {
  return index.reduce((flat, each, axis) => flat * shape[axis] + each, 0);
}

function broadcastShape(a, b) {
  const shape = [];
  for (let k = 1; k <= Math.max(a.length, b.length); k++) {
    const [m, n] = [a[a.length - k] ?? 1, b[b.length - k] ?? 1];
    if (m !== n && m !== 1 && n !== 1) throw new Unknown("shapes do not fit");
    shape.unshift(m === 1 ? n : m);
  }
  return shape;
}

/** The strides of an array seen in a larger shape: 0 along axes that are repeated. */
function stridesIn(x, shape) {
  const own = stridesOf(x.shape);
  const extra = shape.length - x.shape.length;
  return shape.map((size, axis) => (axis < extra || x.shape[axis - extra] === 1 ? 0 : own[axis - extra]));
}

/** Calls visit(position in the result, position in each operand) for every element of `shape`. */
function walk(shape, strides, visit) {
  const total = sizeOf(shape);
  const index = new Array(shape.length).fill(0);
  const at = strides.map(() => 0);
  for (let flat = 0; flat < total; flat++) {
    visit(flat, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      strides.forEach((each, k) => (at[k] += each[axis]));
      if (index[axis] < shape[axis]) break;
      strides.forEach((each, k) => (at[k] -= each[axis] * shape[axis]));
      index[axis] = 0;
    }
  }
}

function mapped(f, x) {
  x = asArray(x);
  return array(x.shape, x.data.map(f));
}

function between(f, x, y) {
  [x, y] = [asArray(x), asArray(y)];
  const shape = broadcastShape(x.shape, y.shape);
  const out = array(shape);
  walk(shape, [stridesIn(x, shape), stridesIn(y, shape)], (flat, [i, j]) => (out.data[flat] = f(x.data[i], y.data[j])));
  return out;
}

function broadcastTo(x, shape) {
  x = asArray(x);
  const out = array(shape);
  walk(shape, [stridesIn(x, shape)], (flat, [i]) => (out.data[flat] = x.data[i]));
  return out;
}

function reshaped(x, shape) {
  x = asArray(x);
  const known = sizeOf(shape.filter((size) => size !== -1));
  return array(
    shape.map((size) => (size === -1 ? x.data.length / known : size)),
    x.data,
  );
}

function transposed(x, axes) {
  x = asArray(x);
  axes = axes ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
  const own = stridesOf(x.shape);
  const shape = axes.map((axis) => x.shape[axis]);
  const out = array(shape);
  walk(shape, [axes.map((axis) => own[axis])], (flat, [i]) => (out.data[flat] = x.data[i]));
  return out;
}

/** The product of matrices; further axes in front are broadcast. */
function matmul(x, y) {
  [x, y] = [asArray(x), asArray(y)];
  if (x.shape.length < 1 || y.shape.length < 1) throw new Unknown("@ of a number");
  const [rowless, columnless] = [x.shape.length === 1, y.shape.length === 1];
  if (rowless) x = reshaped(x, [1, ...x.shape]);
  if (columnless) y = reshaped(y, [...y.shape, 1]);
  const [I, K, J] = [x.shape.at(-2), x.shape.at(-1), y.shape.at(-1)];
  if (y.shape.at(-2) !== K) throw new Unknown("shapes do not fit");
  const front = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2));
  const out = array([...front, I, J]);
  const heads = [{ shape: x.shape.slice(0, -2) }, { shape: y.shape.slice(0, -2) }];
  const steps = heads.map((head) => stridesIn(head, front));
  walk(front, steps, (block, [a, b]) => {
    for (let i = 0; i < I; i++) {
      for (let j = 0; j < J; j++) {
        let sum = 0;
        for (let k = 0; k < K; k++) sum += x.data[(a * I + i) * K + k] * y.data[(b * K + k) * J + j];
        out.data[(block * I + i) * J + j] = sum;
      }
    }
  });
  const shape = [...front, ...(rowless ? [] : [I]), ...(columnless ? [] : [J])];
  return reshaped(out, shape);
}

function axesOf(axis, ndim) {
  if (axis === null || axis === undefined) return [...Array(ndim).keys()];
  return (Array.isArray(axis) ? axis : [axis]).map((each) => (each < 0 ? each + ndim : each));
}

/** Folds the elements along axes into one: f(so far, element). */
function reduced(f, start, x, axis, keepdims) {
  x = asArray(x);
  const axes = axesOf(axis, x.shape.length);
  const kept = x.shape.map((size, k) => (axes.includes(k) ? 1 : size));
  const out = array(kept);
  out.data.fill(start);
  walk(x.shape, [stridesIn(out, x.shape)], (flat, [i]) => (out.data[i] = f(out.data[i], x.data[flat])));
  return keepdims
    ? out
    : array(
        kept.filter((_, k) => !axes.includes(k)),
        out.data,
      );
}

/** x[index]: numbers, slices {start, stop, step}, null for a new axis, "..." and one array of whole numbers. */
function picked(x, index) {
  x = asArray(x);
  const parts = Array.isArray(index) ? [...index] : [index];
  const used = parts.filter((part) => part !== null && part !== "...").length;
  const dots = parts.indexOf("...");
  const rest = new Array(x.shape.length - used).fill({ start: null, stop: null, step: null });
  if (dots >= 0) parts.splice(dots, 1, ...rest);
  else parts.push(...rest);
  let axis = 0;
  const lists = []; // for each axis of the result: the places along an axis of x
  for (const part of parts) {
    if (part === null) {
      lists.push({ places: [0], stride: 0, gone: false });
      continue;
    }
    const size = x.shape[axis];
    const stride = stridesOf(x.shape)[axis++];
    if (typeof part === "number") lists.push({ places: [part < 0 ? part + size : part], stride, gone: true });
    else if (part.data) {
      if (parts.length > 1 && parts.some((each) => each !== part && each && each.data)) throw new Unknown("indices");
      lists.push({ places: [...part.data].map((at) => (at < 0 ? at + size : at)), stride, shape: part.shape });
    } else lists.push({ places: sliced(part, size), stride, gone: false });
  }
  const counts = lists.map((list) => list.places.length);
  const out = array(counts);
  for (let flat = 0; flat < out.data.length; flat++) {
    const at = indexOf(flat, counts);
    out.data[flat] = x.data[at.reduce((sum, k, n) => sum + lists[n].places[k] * lists[n].stride, 0)];
  }
  return reshaped(
    out,
    lists.flatMap((list, n) => (list.gone ? [] : (list.shape ?? [counts[n]]))),
  );
}

function sliced({ start, stop, step }, size) {
  step = step ?? 1;
  const clip = (at, low, high) => Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const from = start === null ? (step > 0 ? 0 : size - 1) : clip(start, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
  const to = stop === null ? (step > 0 ? size : -1) : clip(stop, step > 0 ? 0 : -1, size);
  const places = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) places.push(at);
  return places;
}

function joined(parts, axis) {
  parts = parts.map(asArray);
  axis = axis < 0 ? axis + parts[0].shape.length : axis;
  const shape = [...parts[0].shape];
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis], 0);
  const out = array(shape);
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  let begin = 0;
  for (const part of parts) {
    const width = part.shape[axis] * inner;
    for (let row = 0; row < outer; row++) {
      out.data.set(part.data.subarray(row * width, (row + 1) * width), row * shape[axis] * inner + begin);
    }
    begin += width;
  }
  return out;
}
