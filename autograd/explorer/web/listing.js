// The list: every step of the way forward and back, modules as headings that fold.

"use strict";

const SIGNS = {
  nan: ["NaN", "bad"],
  inf: ["∞", "bad"],
  zero: ["zero gradient", "warn"],
  dead: ["dead units", "warn"],
  saturated: ["saturated", "warn"],
};
const VERDICTS = {
  correct: ["right", "good"],
  wrong: ["WRONG", "bad"],
  kink: ["kink", "warn"],
  inconclusive: ["unclear", "warn"],
};
const RANK = ["correct", "kink", "inconclusive", "wrong"];

function badges(steps) {
  const kinds = new Set(
    steps.flatMap((step) =>
      step.marks.filter((mark) => mark.source || mark.kind === "nan" || mark.kind === "inf").map((mark) => mark.kind),
    ),
  );
  const found = [...kinds].map((kind) => made("span", { class: `badge ${SIGNS[kind][1]}` }, SIGNS[kind][0]));
  const verdicts = steps.flatMap((step) => step.verdicts.map((each) => each.verdict));
  if (verdicts.length) {
    const gravest = verdicts.reduce((most, each) => (RANK.indexOf(each) > RANK.indexOf(most) ? each : most));
    found.push(made("span", { class: `badge ${VERDICTS[gravest][1]}` }, VERDICTS[gravest][0]));
  }
  return found;
}

class Listing {
  constructor(home, program, folding, go, refold) {
    Object.assign(this, { home, program, folding, go, refold });
  }

  build() {
    this.rows = [];
    const list = made("ol", {});
    let back = null;
    let path = "";
    for (const { path: folded, steps } of this.folding.rows()) {
      const step = steps[0];
      if (step.back !== back) {
        back = step.back;
        path = "";
        list.append(made("li", { class: "part" }, made("h2", {}, back ? "Back: gradients" : "Forward: values")));
      }
      const own = folded || step.module;
      if (own !== path) {
        this.headings(list, path, own, folded);
        path = own;
      }
      const row = folded ? this.foldedRow(folded, steps) : this.row(step);
      this.rows.push({ steps, row });
      list.append(made("li", { style: `--depth:${depthOf(own)}` }, row));
    }
    this.home.querySelector(".canvas").replaceChildren(list);
  }

  /** Headings for the modules that are entered here. */
  headings(list, before, path, folded) {
    const [old, parts] = [before ? before.split(".") : [], path ? path.split(".") : []];
    let same = 0;
    while (same < old.length && same < parts.length && old[same] === parts[same]) same++;
    for (let count = same + 1; count <= parts.length; count++) {
      const each = parts.slice(0, count).join(".");
      if (each === folded || !this.folding.kinds.has(each)) continue;
      const button = made(
        "button",
        { class: "heading", "aria-expanded": "true", onclick: () => this.refold(each) },
        made("span", { class: "fold" }, "▾ "),
        `${each} `,
        made("small", {}, this.folding.kinds.get(each)),
      );
      list.append(made("li", { style: `--depth:${depthOf(each) - 1}` }, button));
    }
  }

  foldedRow(path, steps) {
    const toggle = made(
      "button",
      { class: "heading", "aria-expanded": "false", "aria-label": `unfold ${path}`, onclick: () => this.refold(path) },
      made("span", { class: "fold" }, "▸"),
    );
    const text = `${path} `;
    const row = made(
      "button",
      { class: "row", tabindex: -1, onclick: () => this.go(steps.at(-1).number) },
      made("span", { class: "number" }, span(steps)),
      made("code", {}, text, made("small", {}, `${this.folding.kinds.get(path) ?? ""}, ${counted(steps.length)}`)),
      badges(steps),
    );
    const both = made("span", { class: "both" }, toggle, row);
    both.row = row;
    return both;
  }

  row(step) {
    const names = step.outputs.map((slot) => this.program.name(slot)).join(", ");
    return made(
      "button",
      {
        class: `row${step.minor ? " minor" : ""}`,
        tabindex: -1,
        title: step.call,
        onclick: () => this.go(step.number),
      },
      made("span", { class: "number" }, step.number),
      made("code", {}, step.numpy || step.call),
      badges([step]),
      step.adds ? made("span", { class: "badge sum", title: `${names}: parts add up` }, "Σ adds up") : null,
    );
  }

  show(position, machine) {
    for (const { steps, row: outer } of this.rows) {
      const row = outer.row ?? outer;
      const current = steps.some((step) => step.number === position);
      if (current) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
      row.tabIndex = current ? 0 : -1;
      row.classList.toggle("done", steps[0].number <= position);
      row.classList.toggle(
        "changed",
        steps.some((step) => step.outputs.some((slot) => machine.values.has(slot))),
      );
      row.classList.toggle(
        "lost",
        steps.some((step) => step.outputs.some((slot) => machine.lost.has(slot))),
      );
      if (current) reveal(row, this.home.querySelector(".canvas"));
    }
  }

  focus() {
    this.home.querySelector("[aria-current]")?.focus({ preventScroll: true });
  }

  /** The step that the row after (or before) the current one ends with. */
  beside(position, by) {
    const at = this.rows.findIndex(({ steps }) => steps.some((step) => step.number === position));
    const next = this.rows[Math.min(Math.max(at + by, 0), this.rows.length - 1)];
    return next.steps.at(-1).number;
  }
}

const span = (steps) => (steps.length > 1 ? `${steps[0].number}–${steps.at(-1).number}` : steps[0].number);
const counted = (count) => `${count} ${count === 1 ? "step" : "steps"}`;
const depthOf = (path) => (path ? path.split(".").length : 0);

function reveal(row, frame) {
  const [inner, outer] = [row.getBoundingClientRect(), frame.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) frame.scrollTop += inner.top - outer.top - outer.height / 2;
}
