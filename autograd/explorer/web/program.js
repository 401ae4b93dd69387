// The program as the page was given it: slots, steps, modules; arrays are decoded when they are first asked for.

"use strict";

const readers = { f4: ["getFloat32", 4], f8: ["getFloat64", 8], i4: ["getInt32", 4], u1: ["getUint8", 1] };

function bytesOf(text) {
  const raw = atob(text);
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

/** The elements of recorded values; null if they are not in the page, or not exactly. */
function decoded(values) {
  const size = sizeOf(values?.shape ?? []);
  if (!values || values.bounds || (!values.data && size)) return null;
  const bytes = bytesOf(values.data ?? "");
  const view = new DataView(bytes.buffer);
  const [method, width] = readers[values.code];
  return array(
    values.shape ?? [],
    Float64Array.from({ length: size }, (_, k) => view[method](k * width, true)),
  );
}

/** The elements of values that are in the page in 255 steps: near enough to be looked at. Null for others. */
function nearly(values) {
  if (!values?.bounds) return null;
  const [low, high] = values.bounds;
  const steps = Float64Array.from(bytesOf(values.data), (step) => (step ? low + ((step - 1) / 254) * (high - low) : NaN));
  values.near ??= array(values.shape, steps);
  return values.near;
}

class Program {
  constructor(data) {
    Object.assign(
      this,
      {
        slots: [],
        steps: [],
        modules: [],
        notes: [],
        verdicts: [],
        outputs: [],
        sources: {},
        texts: [],
        turn: 0,
        open_at: 0,
        headline: "",
      },
      data,
    );
    this.slots = this.slots.map((slot) => ({ of: null, shape: [], path: "", ...slot }));
    this.steps = this.steps.map((step) => ({
      reads: [],
      outputs: [],
      freed: [],
      marks: [],
      verdicts: [],
      module: "",
      number: 0,
      held: 0,
      ...step,
      words: this.texts[step.words ?? 0],
      doc: this.texts[step.doc ?? 0],
    }));
    this.steps.forEach((step) => (step.back = step.number >= this.turn));
    this.maker = new Map(); // slot -> the step that computes it
    this.gradients = new Map(); // slot -> the steps that give its gradient, the sum last
    for (const step of this.steps) {
      for (const slot of step.outputs) {
        this.maker.set(slot, step.number);
        const of = this.slots[slot].of;
        if (of !== null) this.gradients.set(of, [...(this.gradients.get(of) ?? []), [step.number, slot]]);
      }
    }
    this.kept = new Map();
  }

  /** The recorded array in a slot, as it was when it was computed; null if it is not in the page. */
  whole(slot) {
    if (!this.kept.has(slot)) this.kept.set(slot, decoded(this.slots[slot].value));
    return this.kept.get(slot);
  }

  /** The same as it was after a step: what writes in place have made of it. */
  wholeAt(slot, number) {
    const values = this.valuesAt(slot, number);
    if (values === this.slots[slot].value) return this.whole(slot);
    values.array ??= decoded(values);
    return values.array;
  }

  /** The recorded values in a slot after a step: later writes in place are not seen yet. */
  valuesAt(slot, number) {
    const versions = Object.entries(this.slots[slot].versions ?? {}).filter(([step]) => +step <= number);
    return versions.length ? versions.at(-1)[1] : this.slots[slot].value;
  }

  writtenBy(step) {
    return [...new Set(step.reads)].filter((slot) => (this.slots[slot].versions ?? {})[step.number]);
  }

  /** [number of the step, slot] of the gradient of a slot: what has arrived after all uses. */
  gradientOf(slot) {
    return (this.gradients.get(slot) ?? []).at(-1) ?? null;
  }

  name(slot) {
    return this.slots[slot].name;
  }
}

const shapeText = (shape) => (shape.length ? shape.join(" × ") : "a number");
const bytesText = (n) =>
  n < 1e4 ? `${n} B` : n < 1e7 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / 1048576).toFixed(1)} MiB`;

/** An element of the page: made("p", {class: "note"}, "text", child, ...). */
function made(tag, attributes, ...children) {
  const spaces = { svg: 1, g: 1, path: 1, rect: 1, text: 1, line: 1, title: 1, tspan: 1 };
  const node =
    tag in spaces ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}
