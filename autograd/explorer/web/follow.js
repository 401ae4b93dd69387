// One element followed through a line: which elements it was computed from, as a formula and in numbers.

"use strict";

const SHOWN = 4; // terms of a sum that are written out

/** {text, numbers, value, from}: an element of an expression. `from` has the elements that it comes from. */
function followed(tree, index, get, names) {
  const [kind, ...rest] = tree;
  const at = (each, where) => followed(each, where, get, names);
  const value = () => elementAt(evaluate(tree, get), index);
  switch (kind) {
    case "s": {
      const x = asArray(get(rest[0]));
      const own = fitted(index, x.shape);
      const found = x.data[flatOf(own, x.shape)];
      const text = own.length ? `${names(rest[0])}[${own.join(", ")}]` : names(rest[0]);
      return { text, numbers: shown(found), value: found, from: [[rest[0], flatOf(own, x.shape)]], simple: true };
    }
    case "n":
      return {
        text: shown(numberOf(rest[0])),
        numbers: shown(numberOf(rest[0])),
        value: numberOf(rest[0]),
        from: [],
        simple: true,
      };
    case "neg": {
      const x = at(rest[0], index);
      return { text: `−${wrapped(x)}`, numbers: `−${wrapped(x, true)}`, value: -x.value, from: x.from };
    }
    case "@":
      return product(rest, index, get, at);
    case "a":
      if (rest[0] === "T") return at(rest[1], [...index].reverse());
      if (rest[0] === "mT") return at(rest[1], [...index.slice(0, -2), index.at(-1), index.at(-2)]);
      break;
    case "m": {
      const x = asArray(evaluate(rest[1], get));
      if (rest[0] === "reshape") return at(rest[1], indexOf(flatOf(index, evaluate(tree, get).shape), x.shape));
      if (rest[0] === "transpose" && rest[2].length) {
        const axes = evaluate(rest[2][0], get);
        return at(
          rest[1],
          axes.map((_, axis) => index[axes.indexOf(axis)]),
        );
      }
      if (rest[0] === "sum") {
        const { axis, keepdims } = rest[3] ? named(rest[3], get) : {};
        return added(rest[1], x, rest[2].length ? evaluate(rest[2][0], get) : axis, keepdims, index, at);
      }
      break;
    }
    case "f": {
      const [name, args, extra] = rest;
      if (name === "np.sum" || name === "np.add.reduce") {
        const { axis, keepdims } = named(extra, get);
        return added(args[0], asArray(evaluate(args[0], get)), axis, keepdims, index, at);
      }
      if (name === "unbroadcast" && asArray(evaluate(args[0], get)).shape.join() === evaluate(args[1], get).join())
        return at(args[0], index);
      if (name === "conv") return underFilter(args, index, get, at);
      if (name === "softmax") return share(args[0], named(extra, get).axis, index, get, at);
      if (name === "np.broadcast_to") return at(args[0], fitted(index, asArray(evaluate(args[0], get)).shape));
      const short = name.replace("np.", "");
      if (short in elementwise || name === "sigmoid") {
        const x = at(args[0], index);
        return {
          text: `${short}(${x.text})`,
          numbers: `${short}(${x.numbers})`,
          value: value(),
          from: x.from,
          simple: true,
        };
      }
      if (name.startsWith("np.") && short in pairwise) {
        const [x, y] = args.map((each) => at(each, index));
        const word = { maximum: "max", minimum: "min" }[short] ?? short;
        return {
          text: `${word}(${x.text}, ${y.text})`,
          numbers: `${word}(${x.numbers}, ${y.numbers})`,
          value: value(),
          from: [...x.from, ...y.from],
          simple: true,
        };
      }
      break;
    }
  }
  if (kind in operators) {
    const [x, y] = rest.map((each) => at(each, index));
    const sign = { "*": "×", "-": "−", "!=": "≠", ">=": "≥", "<=": "≤" }[kind] ?? kind;
    const text = `${wrapped(x)} ${sign} ${wrapped(y)}`;
    return {
      text,
      numbers: `${wrapped(x, true)} ${sign} ${wrapped(y, true)}`,
      value: operators[kind](x.value, y.value),
      from: [...x.from, ...y.from],
    };
  }
  throw new Unknown(kind);
}

const named = (parts, get) =>
  Object.fromEntries(Object.entries(parts).map(([name, each]) => [name, evaluate(each, get)]));
const wrapped = (x, numbers) => {
  const text = numbers ? x.numbers : x.text;
  return x.simple && !(numbers && text.startsWith("−")) ? text : `(${text})`;
};

/** An index in a broadcast result, as one into an operand. */
function fitted(index, shape) {
  return shape.map((size, k) => (size === 1 ? 0 : index[index.length - shape.length + k]));
}

function elementAt(x, index) {
  if (typeof x === "number") return x;
  return x.data[flatOf(fitted(index, x.shape), x.shape)];
}

const times = (a, b) => ({
  text: `${wrapped(a)} × ${wrapped(b)}`,
  numbers: `${wrapped(a, true)} × ${wrapped(b, true)}`,
  value: a.value * b.value,
  from: [...a.from, ...b.from],
});

/** A pixel of a convolution: what lies under the filter, times the filter. */
function underFilter([x, w, bias, ...rest], [n, f, p, q], get, at) {
  const [image, filter] = [asArray(evaluate(x, get)), asArray(evaluate(w, get))];
  if (image.shape.length !== 4) throw new Unknown("conv of other than images");
  const [stride, padding, dilation, groups] = rest.map((each) => evaluate(each, get));
  const [C, H, width] = image.shape.slice(1);
  const [F, , I, J] = filter.shape;
  const parts = [];
  for (let c = 0; c < filter.shape[1]; c++)
    for (let i = 0; i < I; i++)
      for (let j = 0; j < J; j++) {
        const [row, column] = [
          p * stride[0] + i * dilation[0] - padding[0],
          q * stride[1] + j * dilation[1] - padding[1],
        ];
        if (row < 0 || row >= H || column < 0 || column >= width) continue;
        const channel = Math.floor((f * groups) / F) * (C / groups) + c;
        parts.push(times(at(w, [f, c, i, j]), at(x, [n, channel, row, column])));
      }
  const total = summed(parts);
  const own = evaluate(bias, get) ? at(bias, [f]) : null;
  return own
    ? {
        text: `${total.text} + ${own.text}`,
        numbers: `${total.numbers} + ${own.numbers}`,
        value: total.value + own.value,
        from: [...total.from, ...own.from],
      }
    : total;
}

/** A share that softmax makes of scores. */
function share(tree, axis, index, get, at) {
  const x = asArray(evaluate(tree, get));
  const [place] = axesOf(axis, x.shape.length);
  const own = at(tree, index);
  const all = Array.from({ length: x.shape[place] }, (_, k) =>
    at(
      tree,
      index.map((each, n) => (n === place ? k : each)),
    ),
  );
  const powers = summed(
    all.map((each) => ({
      text: `exp(${each.text})`,
      numbers: `exp(${each.numbers})`,
      value: Math.exp(each.value),
      from: each.from,
    })),
  );
  return {
    text: `exp(${own.text}) / (${powers.text})`,
    numbers: `exp(${own.numbers}) / (${powers.numbers})`,
    value: Math.exp(own.value) / powers.value,
    from: powers.from,
  };
}

/** An element of a product: a row times a column. */
function product([left, right], index, get, at) {
  const [x, y] = [asArray(evaluate(left, get)), asArray(evaluate(right, get))];
  const j = y.shape.length === 1 ? [] : index.slice(-1);
  const i = x.shape.length === 1 ? [] : [index.at(-1 - j.length)];
  const front = index.slice(0, index.length - i.length - j.length);
  const parts = [];
  for (let k = 0; k < x.shape.at(-1); k++) {
    const [row, column] = [
      [...front, ...i, k],
      [...front, k, ...j],
    ];
    const [a, b] = [at(left, fitted(row, x.shape)), at(right, fitted(column, y.shape))];
    parts.push(times(a, b));
  }
  return summed(parts);
}

/** An element of a sum along axes. */
function added(tree, x, axis, keepdims, index, at) {
  const axes = axesOf(axis, x.shape.length);
  const free = x.shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const fixed = keepdims ? index : x.shape.map((_, k) => (axes.includes(k) ? 0 : index[free.indexOf(k)]));
  const sizes = axes.map((k) => x.shape[k]);
  const parts = [];
  for (let flat = 0; flat < sizeOf(sizes); flat++) {
    const where = indexOf(flat, sizes);
    parts.push(
      at(
        tree,
        fixed.map((own, k) => (axes.includes(k) ? where[axes.indexOf(k)] : own)),
      ),
    );
  }
  return summed(parts);
}

function summed(parts) {
  const value = parts.reduce((total, part) => total + part.value, 0);
  const first = parts.length > SHOWN + 1 ? parts.slice(0, SHOWN) : parts;
  const more = parts.length - first.length;
  const rest = more ? ` + … (${parts.length} terms)` : "";
  return {
    text: first.map((part) => part.text).join(" + ") + rest,
    numbers: first.map((part) => part.numbers).join(" + ") + rest,
    value,
    from: parts.flatMap((part) => part.from),
    terms: parts.length,
  };
}

/** A number for people. */
function shown(x, digits = 4) {
  if (typeof x !== "number") return String(x);
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x).replace("-", "−");
  const size = Math.abs(x);
  const text = size >= 1e5 || size < 1e-3 ? x.toExponential(2) : x.toPrecision(digits);
  const plain = text.includes("e") ? text : String(+text);
  return plain.replace("-", "−").replace("e-", "e−").replace("e+", "e");
}
