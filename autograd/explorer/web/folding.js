// Modules fold and unfold: which steps are seen as themselves, and which as one folded module.

"use strict";

const MANY = 60; // with more steps than this, modules are folded at first,
const FEW = 2; // those of more than so many steps forward

class Folding {
  constructor(program) {
    this.program = program;
    this.kinds = new Map(program.modules.map((module) => [module.path, module.kind]));
    const depth = (path) => path.split(".").length;
    const least = Math.min(...program.modules.map((module) => depth(module.path)));
    const inside = (path) =>
      program.steps.filter((step) => !step.back && `${step.module}.`.startsWith(`${path}.`)).length;
    const large = program.steps.length > MANY;
    const fold = program.modules.filter(({ path }) => large && depth(path) === least + 1 && inside(path) > FEW);
    this.folded = new Set(fold.map((module) => module.path));
  }

  toggle(path) {
    if (!this.folded.delete(path)) this.folded.add(path);
  }

  /** The outermost folded module that a step is in, or "". */
  foldedOver(step) {
    const parts = step.module.split(".");
    for (let count = 1; count <= parts.length; count++) {
      const path = parts.slice(0, count).join(".");
      if (this.folded.has(path)) return path;
    }
    return "";
  }

  /** Runs of steps: {path, steps} for a folded module, {path: "", steps: [one]} for each other step. */
  rows() {
    const rows = [];
    for (const step of this.program.steps) {
      const path = this.foldedOver(step);
      const last = rows.at(-1);
      if (path && last?.path === path && last.steps[0].back === step.back) last.steps.push(step);
      else rows.push({ path, steps: [step] });
    }
    return rows;
  }
}
