// The graph: operations, folded modules, and what comes from outside; what has been computed so far is filled.

"use strict";

const LETTER = 7;

class Graph {
  constructor(home, program, folding, go) {
    Object.assign(this, { home, program, folding, go, zoom: 1 });
    home.querySelector("#nearer").addEventListener("click", () => this.scale(1.25));
    home.querySelector("#further").addEventListener("click", () => this.scale(0.8));
  }

  scale(factor) {
    this.zoom *= factor;
    this.resize();
  }

  resize() {
    this.svg.setAttribute("width", this.width * this.zoom);
    this.svg.setAttribute("height", this.height * this.zoom);
  }

  /** Lays it out anew, as after folding. */
  build() {
    const { program } = this;
    const nodes = [];
    const ofStep = new Map();
    for (const { path, steps } of this.folding.rows()) {
      const ones = steps.filter((step) => !step.back && !step.minor);
      if (!ones.length) continue;
      const node = { id: `s${ones[0].number}`, steps: ones, path, height: path ? 38 : 28 };
      node.label = path ? path.split(".").slice(-2).join(".") : ones[0].op;
      node.under = path ? `${this.folding.kinds.get(path) ?? ""}, ${counted(ones.length)}` : "";
      ones.forEach((step) => ofStep.set(step.number, node));
      nodes.push(node);
    }
    const outside = new Map();
    const edges = new Map();
    const use = (slot, node) => {
      const number = program.maker.get(slot);
      let from = number === undefined ? outside.get(slot) : ofStep.get(number);
      if (!from && number === undefined) {
        const home = program.slots[slot];
        if (home.kind === "constant" && home.shape.length === 0) return;
        if (node.path && home.path.startsWith(`${node.path}.`)) return;
        from = { id: `v${slot}`, slot, label: home.name, height: 24, kind: home.kind, path: "" };
        outside.set(slot, from);
      }
      if (from && from !== node) edges.set(`${from.id}>${node.id}`, [from, node, slot]);
    };
    for (const node of nodes) for (const step of node.steps) step.reads.forEach((slot) => use(slot, node));
    const all = [...outside.values(), ...nodes];
    all.forEach(
      (node) => (node.width = Math.max(34, LETTER * Math.max(node.label.length, (node.under ?? "").length) + 16)),
    );
    this.nodes = all;
    this.edges = [...edges.values()];
    this.draw(
      layout(
        all,
        this.edges.map(([from, to]) => [from.id, to.id]),
      ),
    );
  }

  draw({ places, paths, width, height }) {
    [this.width, this.height] = [width, height];
    this.svg = made("svg", {
      viewBox: `0 0 ${width} ${height}`,
      role: "group",
      "aria-label": "Graph of the operations",
    });
    this.edges.forEach((edge, k) => {
      const points = paths[k].map(({ x, y, height: tall }, n) => [
        x,
        n === 0 ? y + tall / 2 : n === paths[k].length - 1 ? y - tall / 2 : y,
      ]);
      const line = made("path", { d: curve(points), class: "edge" });
      const [x, y] = points.at(-1);
      const tip = made("path", { d: `M${x},${y} l-3.5,-7 h7 z`, class: "tip" });
      edge.push(line, tip);
      this.svg.append(line, tip);
    });
    for (const node of this.nodes) {
      const { x, y } = places.get(node.id);
      const box = made("rect", {
        x: x - node.width / 2,
        y: y - node.height / 2,
        width: node.width,
        height: node.height,
        rx: node.slot === undefined ? 6 : 12,
      });
      const label = made("text", { x, y: y + (node.under ? -3 : 4) }, node.label);
      const under = node.under ? made("text", { x, y: y + 12, class: "under" }, node.under) : null;
      node.group = made(
        "g",
        {
          class: `node ${node.slot === undefined ? (node.path ? "module" : "op") : node.kind}`,
          role: "button",
          tabindex: -1,
          "aria-label": node.label,
          onclick: () => this.go(node),
        },
        box,
        label,
        under,
      );
      this.svg.append(node.group);
    }
    this.home.querySelector(".canvas").replaceChildren(this.svg);
    this.resize();
  }

  /** Marks what is done, what is current, what has a gradient. */
  show(position, machine) {
    const { program } = this;
    const step = program.steps[position];
    for (const node of this.nodes) {
      const slots = node.slot !== undefined ? [node.slot] : node.steps.flatMap((each) => each.outputs);
      const own = node.steps?.some((each) => each.number === position);
      const back = node.steps?.some((each) => each.number === step.forward);
      const marks = (node.steps ?? []).flatMap((each) => [
        ...each.marks,
        ...each.verdicts.filter((verdict) => verdict.verdict === "wrong"),
      ]);
      const toggles = {
        done: node.slot !== undefined || node.steps.some((each) => each.number <= position),
        current: own || back,
        grad: slots.some((slot) => (program.gradients.get(slot) ?? []).some(([number]) => number <= position)),
        marked: marks.length > 0,
        changed: slots.some((slot) => machine.values.has(slot)),
      };
      for (const [name, on] of Object.entries(toggles)) node.group.classList.toggle(name, Boolean(on));
      if (own || back) this.reveal(node.group);
    }
    const to = step.outputs.map((slot) => program.slots[slot].of).filter((slot) => slot !== null);
    for (const [, node, slot, line, tip] of this.edges) {
      const carries = step.back
        ? to.includes(slot) && node.steps.some((each) => each.number === step.forward)
        : step.reads.includes(slot) && node.steps.some((each) => each.number === position);
      line.classList.toggle("carries", carries);
      line.classList.toggle("returns", carries && step.back);
      tip.classList.toggle("carries", carries);
    }
  }

  reveal(group) {
    const frame = this.home.querySelector(".canvas");
    const [inner, outer] = [group.getBoundingClientRect(), frame.getBoundingClientRect()];
    if (inner.top < outer.top + 20 || inner.bottom > outer.bottom - 20)
      frame.scrollTop += inner.top - outer.top - outer.height / 2;
    if (inner.left < outer.left || inner.right > outer.right)
      frame.scrollLeft += inner.left - outer.left - outer.width / 2;
  }
}

/** A smooth line through points, upright at both ends. */
function curve(points) {
  let path = `M${points[0].map((each) => each.toFixed(1)).join()}`;
  for (let k = 1; k < points.length; k++) {
    const [[x, y], [u, v]] = [points[k - 1], points[k]];
    const third = (v - y) / 2;
    path += ` C${x.toFixed(1)},${(y + third).toFixed(1)} ${u.toFixed(1)},${(v - third).toFixed(1)} ${u.toFixed(1)},${v.toFixed(1)}`;
  }
  return path;
}
