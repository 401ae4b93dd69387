// A card for each value: what it is, its numbers, and its gradient.

"use strict";

class Cards {
  /** hooks: {go(number), change(slot, flat, text), redraw()} */
  constructor(program, machine, hooks) {
    Object.assign(this, { program, machine, hooks });
    this.editing = new Set();
    this.asNumbers = new Set();
  }

  /** The card of a slot at a step. `options`: role, pick, chosen, from (flats), gradient: show that, too? */
  card(slot, position, options = {}) {
    const home = this.program.slots[slot];
    const current = this.values(slot, position);
    const kind = { input: "input", parameter: "parameter", constant: "constant", step: "" }[home.kind];
    const what = [options.role, kind, home.path, home.of !== null ? `gradient of ${this.program.name(home.of)}` : ""]
      .filter(Boolean)
      .join(" · ");
    const head = made(
      "header",
      {},
      made("h4", {}, home.name),
      made("span", { class: "what" }, what),
      made("span", { class: "what" }, `${shapeText(home.shape)} ${home.dtype}`),
    );
    const state = this.machine.lost.has(slot)
      ? made("p", { class: "lost" }, "After your change the page cannot say: this is what was recorded.")
      : this.machine.values.has(slot)
        ? made("p", { class: "changed" }, "follows your change")
        : null;
    const body = this.body(slot, current, options);
    const arrived = options.gradient ? this.gradient(slot, position) : null;
    return made(
      "section",
      { class: `card${this.machine.values.has(slot) ? " differs" : ""}`, "aria-label": home.name },
      head,
      state,
      body,
      this.buttons(slot, current),
      arrived,
    );
  }

  values(slot, position) {
    const mine = this.machine.values.get(slot);
    if (mine) return { whole: mine, facts: factsOf(mine) };
    const recorded = this.program.valuesAt(slot, position);
    const whole = this.program.wholeAt(slot, position);
    const near = whole ? null : nearly(recorded);
    return { whole, near, facts: whole ? factsOf(whole) : recorded?.facts, picture: recorded?.picture };
  }

  body(slot, { whole, near, facts, picture }, options) {
    const label = this.program.name(slot);
    const text = factsText(facts, sizeOf(this.program.slots[slot].shape));
    const note = text ? made("p", { class: "facts" }, text) : null;
    if (near) {
      const coarse = made("p", { class: "note" }, "To 1/254 of its range.");
      return [this.asNumbers.has(slot) ? tableOf(near, { label }) : heatOf(near, { label }), coarse, note];
    }
    if (!whole)
      return [
        picture ? pictureOf(picture, label) : made("p", { class: "note" }, "Its numbers are not in this page."),
        note,
      ];
    if (!whole.data.length) return made("p", { class: "note" }, "It has no elements.");
    const edit = this.editing.has(slot) ? (flat, value) => this.hooks.change(slot, flat, value) : null;
    const own = { ...options, label, edit };
    const small = whole.data.length <= TABLE && (whole.shape.at(-1) ?? 1) <= WIDE;
    return [edit || small !== this.asNumbers.has(slot) ? tableOf(whole, own) : heatOf(whole, own), note];
  }

  buttons(slot, { whole: exact, near }) {
    const home = this.program.slots[slot];
    const whole = exact ?? near;
    if (!whole || whole.data.length < 1) return null;
    const small = !near && whole.data.length <= TABLE && (whole.shape.at(-1) ?? 1) <= WIDE;
    const toggle = (set) => () => {
      if (!set.delete(slot)) set.add(slot);
      this.hooks.redraw();
    };
    const other = small !== this.asNumbers.has(slot) ? "as a heat map" : "as numbers";
    const swap =
      whole.data.length > 1 ? made("button", { class: "small", onclick: toggle(this.asNumbers) }, other) : null;
    const may =
      this.program.kind !== "tape" &&
      home.kind !== "step" &&
      home.dtype.startsWith("float") &&
      exact &&
      whole.data.length <= 400;
    const edit = may
      ? made(
          "button",
          { class: "small", "aria-pressed": String(this.editing.has(slot)), onclick: toggle(this.editing) },
          this.editing.has(slot) ? "done" : "change numbers",
        )
      : null;
    return swap || edit ? made("p", { class: "buttons" }, swap, edit) : null;
  }

  /** The gradient of a value below it, and the step that it comes from. */
  gradient(slot, position) {
    const found = this.program.gradientOf(slot);
    if (!found) return null;
    const [number, own] = found;
    const when = number <= position ? "arrived in" : "will come in";
    const link = made("button", { class: "small", onclick: () => this.hooks.go(number) }, `step ${number}`);
    const current = this.values(own, number);
    return made(
      "div",
      { class: "gradient" },
      made("p", { class: "what" }, `gradient ${this.program.name(own)}, ${when} `, link),
      this.body(own, current, {}),
    );
  }
}
