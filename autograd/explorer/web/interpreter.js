// Computes the lines of a program: each is an expression as nested lists, the kind of each list first (see trees.py).

"use strict";

const operators = {
  "+": pairwise.add,
  "-": pairwise.subtract,
  "*": pairwise.multiply,
  "/": pairwise.divide,
  "**": pairwise.power,
  "//": (x, y) => Math.floor(x / y),
  "%": (x, y) => x - y * Math.floor(x / y),
  "<": pairwise.less,
  "<=": pairwise.less_equal,
  ">": pairwise.greater,
  ">=": pairwise.greater_equal,
  "==": pairwise.equal,
  "!=": pairwise.not_equal,
  "&": pairwise.logical_and,
  "|": pairwise.logical_or,
};

const numberOf = (x) => (typeof x === "string" ? { nan: NaN, inf: Infinity, "-inf": -Infinity }[x] : x);

/** The value of an expression: an array, a number, or a list of these. `get(slot)` gives the array in a slot. */
function evaluate(tree, get) {
  const [kind, ...rest] = tree;
  const of = (each) => evaluate(each, get);
  const named = (parts) => Object.fromEntries(Object.entries(parts ?? {}).map(([name, each]) => [name, of(each)]));
  switch (kind) {
    case "s":
      return get(rest[0]);
    case "n":
      return numberOf(rest[0]);
    case "c":
      return rest[0];
    case "t":
      return rest.map(of);
    case "neg":
      return arithmetic((x) => -x, of(rest[0]));
    case "not":
      return mapped((x) => (x ? 0 : 1), of(rest[0]));
    case "@":
      return matmul(of(rest[0]), of(rest[1]));
    case "f": {
      if (!(rest[0] in functions)) throw new Unknown(rest[0]);
      return functions[rest[0]](...rest[1].map(of), named(rest[2]));
    }
    case "m": {
      if (!(rest[0] in methods)) throw new Unknown(rest[0]);
      return methods[rest[0]](of(rest[1]), ...rest[2].map(of), named(rest[3]));
    }
    case "a": {
      if (!(rest[0] in attributes)) throw new Unknown(rest[0]);
      return attributes[rest[0]](of(rest[1]));
    }
    case "i": {
      const x = of(rest[0]);
      return Array.isArray(x) ? x[of(rest[1])] : picked(x, of(rest[1]));
    }
    case "r": {
      const [start, stop, step] = rest.map(of);
      return { start, stop, step };
    }
  }
  if (kind in operators) return arithmetic(operators[kind], of(rest[0]), of(rest[1]));
  throw new Unknown(kind);
}

/** Of two numbers a number, else an array. */
function arithmetic(f, ...values) {
  if (values.every((x) => typeof x === "number")) return f(...values);
  return values.length === 1 ? mapped(f, values[0]) : between(f, ...values);
}

/** What a step gives, by slot. */
function computed(step, get) {
  if (!step.tree || !step.outputs.length) throw new Unknown(step.op);
  const value = evaluate(step.tree, get);
  const parts = Array.isArray(value) ? value : [value];
  if (parts.length < step.outputs.length) throw new Unknown(step.op);
  return step.outputs.map((slot, k) => [slot, asArray(parts[k])]);
}

const largest = (x) => x.data.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0);

/** Are two arrays the same up to rounding? `scale`: the size of what they were computed from. */
function alike(x, y, scale = 0) {
  if (x.data.length !== y.data.length || x.shape.join() !== y.shape.join()) return false;
  const margin = 2e-4 * largest(y) + 1e-6 * scale;
  return x.data.every((v, k) => Object.is(v, y.data[k]) || v === y.data[k] || Math.abs(v - y.data[k]) <= margin);
}

/** The program with numbers of the reader's: what was changed, what follows from it, and what cannot be said. */
class Machine {
  constructor(program) {
    this.program = program;
    this.changed = new Map(); // slot -> array that the reader gave
    this.values = new Map(); // slot -> array that follows from it
    this.lost = new Set(); // slots whose value is not known any more
    this.known = new Set(); // steps that the page can compute: those with which it agrees with what was recorded
    for (const step of program.steps) if (this.agrees(step)) this.known.add(step.number);
    this.asked = [];
  }

  /** What was recorded in a slot, as a step has found it; without one, as it was computed. */
  recorded(slot, number = 0) {
    const found = this.program.wholeAt(slot, number - 1);
    if (!found) throw new Unknown("not here");
    return found;
  }

  agrees(step) {
    try {
      const found = computed(step, (slot) => this.recorded(slot, step.number));
      const scale = Math.max(0, ...step.reads.map((slot) => largest(this.recorded(slot, step.number))));
      return found.every(([slot, x]) => alike(x, this.recorded(slot), scale));
    } catch (error) {
      if (error instanceof Unknown || error instanceof TypeError || error instanceof RangeError) return false;
      throw error;
    }
  }

  get on() {
    return this.changed.size > 0;
  }

  change(slot, flat, value) {
    const before = this.changed.get(slot) ?? this.recorded(slot);
    const after = array(before.shape, Float64Array.from(before.data));
    after.data[flat] = value;
    this.changed.set(slot, after);
    this.run();
  }

  reset() {
    this.changed.clear();
    this.run();
  }

  run() {
    this.values = new Map(this.changed);
    this.lost = new Set();
    for (const step of this.program.steps) {
      const get = (slot) => this.values.get(slot) ?? this.recorded(slot, step.number);
      if (!step.reads.some((slot) => this.values.has(slot) || this.lost.has(slot))) continue;
      const unknown = !this.known.has(step.number) || step.reads.some((slot) => this.lost.has(slot));
      try {
        if (unknown) throw new Unknown(step.op);
        for (const [slot, x] of computed(step, get)) this.values.set(slot, x);
      } catch (error) {
        if (!(error instanceof Unknown)) throw error;
        for (const slot of [...step.outputs, ...this.program.writtenBy(step)]) this.lost.add(slot);
      }
    }
    this.asked = this.program.steps.flatMap((step) =>
      Object.entries(step.asked ?? {})
        .filter(([slot]) => !this.same(+slot))
        .map(([slot, how]) => [step, +slot, how]),
    );
  }

  same(slot) {
    if (this.lost.has(slot)) return false;
    return !this.values.has(slot) || alike(this.values.get(slot), this.recorded(slot));
  }
}
