// Linear algebra by elimination, one matrix after the other; sums of products by index; diagonals.

"use strict";

function einsum(factors, labels, wanted, sizes) {
  const names = Object.keys(sizes);
  const shape = names.map((name) => sizes[name]);
  const out = array([...wanted].map((name) => sizes[name]));
  const flat = (own, index, size) => [...own].reduce((at, name, k) => at * size[k] + index[names.indexOf(name)], 0);
  for (let k = 0; k < sizeOf(shape); k++) {
    const index = indexOf(k, shape);
    const product = factors.reduce((value, x, n) => value * x.data[flat(labels[n], index, x.shape)], 1);
    out.data[flat(wanted, index, out.shape)] += product;
  }
  return out;
}

function sizesOf(arrays, labels) {
  return Object.fromEntries(labels.flatMap((own, n) => [...own].map((name, k) => [name, arrays[n].shape[k]])));
}

/** Solves A X = B by elimination with the largest pivot: [X, determinant of A], of lists of rows. */
function eliminated(a, b) {
  [a, b] = [a.map((row) => [...row]), b.map((row) => [...row])];
  let determinant = 1;
  for (let k = 0; k < a.length; k++) {
    let best = k;
    for (let i = k + 1; i < a.length; i++) if (Math.abs(a[i][k]) > Math.abs(a[best][k])) best = i;
    if (best !== k) {
      [a[k], a[best], b[k], b[best]] = [a[best], a[k], b[best], b[k]];
      determinant = -determinant;
    }
    determinant *= a[k][k];
    for (let i = 0; i < a.length; i++) {
      if (i === k || !a[k][k]) continue;
      const share = a[i][k] / a[k][k];
      a[i] = a[i].map((v, j) => v - share * a[k][j]);
      b[i] = b[i].map((v, j) => v - share * b[k][j]);
    }
  }
  return [b.map((row, k) => row.map((v) => v / a[k][k])), determinant];
}

/** One matrix after the other: f(rows of a, rows of b) gives rows, or a number. */
function byMatrix(f, a, b, shape) {
  const rows = (x, n) => {
    const [m, k] = x.shape.slice(-2);
    return Array.from({ length: m }, (_, i) => [...x.data.subarray((n * m + i) * k, (n * m + i + 1) * k)]);
  };
  const found = Array.from({ length: sizeOf(a.shape.slice(0, -2)) }, (_, n) => f(rows(a, n), b && rows(b, n)));
  return array(shape, Float64Array.from(found.flat(2)));
}

const unit = (n) => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(i === j)));

function solved(a, b) {
  if (a.shape.length !== b.shape.length || a.shape.slice(0, -2).join() !== b.shape.slice(0, -2).join())
    throw new Unknown("such a solution");
  return byMatrix((x, y) => eliminated(x, y)[0], a, b, b.shape);
}
const inverse = (a) => byMatrix((x) => eliminated(x, unit(x.length))[0], a, null, a.shape);
const determinant = (a) => byMatrix((x) => [eliminated(x, unit(x.length))[1]], a, null, a.shape.slice(0, -2));
const mirrored = (x) => attributes.mT(x);

function cholesky(a) {
  return byMatrix(
    (x) => {
      const l = x.map((row) => row.map(() => 0));
      for (let i = 0; i < x.length; i++)
        for (let j = 0; j <= i; j++) {
          const left = x[i][j] - l[j].reduce((total, v, k) => total + (k < j ? v * l[i][k] : 0), 0);
          l[i][j] = i === j ? Math.sqrt(left) : left / l[j][j];
        }
      return l;
    },
    a,
    null,
    a.shape,
  );
}

/** I. Murray, 2016, "Differentiation of the Cholesky decomposition", eq. 10. */
function cholesky_slope(dz, z) {
  const middle = functions["np.tril"](matmul(mirrored(z), dz), 0);
  const n = z.shape.at(-1);
  middle.data.forEach((v, flat) => {
    if (flat % n === Math.floor(flat / n) % n) middle.data[flat] = v / 2;
  });
  const s = solved(mirrored(z), mirrored(solved(mirrored(z), mirrored(middle))));
  return between((a, b) => (a + b) / 2, s, mirrored(s));
}

/** Elements of the diagonals of two axes, which go to the end. visit(position in x, position in the diagonals) */
function diagonals(shape, offset, [first, second], visit) {
  [first, second] = axesOf([first, second], shape.length);
  const front = shape.filter((_, k) => k !== first && k !== second);
  const count = Math.max(0, Math.min(shape[first] - Math.max(-offset, 0), shape[second] - Math.max(offset, 0)));
  for (let flat = 0; flat < sizeOf(front) * count; flat++) {
    const index = indexOf(flat, [...front, count]);
    const k = index.pop();
    const full = shape.map((_, axis) =>
      axis === first ? k + Math.max(-offset, 0) : axis === second ? k + Math.max(offset, 0) : index.shift(),
    );
    visit(flatOf(full, shape), flat);
  }
  return [...front, count];
}

Object.assign(functions, {
  diagonal: (x, { offset, axes }) => {
    const found = [];
    const shape = diagonals(x.shape, offset, axes, (from, to) => (found[to] = x.data[from]));
    return array(shape, Float64Array.from(found));
  },
  diagonal_embed: (x, { shape, offset, axes }) => {
    const out = array(shape);
    diagonals(shape, offset, axes, (to, from) => (out.data[to] = x.data[from]));
    return out;
  },
  einsum: (...given) => {
    const [arrays, [labels, wanted]] = [given.slice(0, -1), given.at(-1).spec];
    return einsum(arrays, labels, wanted, sizesOf(arrays, labels));
  },
  "einsum._rules": (dz, xs, [labels, wanted], asked) =>
    asked.map((k) => {
      const others = (list, last) => [...list.filter((_, n) => n !== k), last];
      return einsum(others(xs, dz), others(labels, wanted), labels[k], sizesOf(xs, labels));
    }),
  "np.linalg.det": determinant,
  inv: inverse,
  inv_or_nan: inverse,
  solve: solved,
  cofactor: (x) => {
    const size = determinant(x);
    return multiplied(mirrored(inverse(x)), reshaped(size, [...size.shape, 1, 1]));
  },
  slogdet: (x) => [mapped(Math.sign, determinant(x)), mapped((v) => Math.log(Math.abs(v)), determinant(x))],
  cholesky,
  "linalg._cholesky_dx": cholesky_slope,
  linear_each: (x, w) => matmul(x, mirrored(w)),
});
