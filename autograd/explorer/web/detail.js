// What is said about the current step: the line that ran it, the rule in words and in numbers, the arrays.

"use strict";

class Detail {
  constructor(home, program, machine, hooks) {
    Object.assign(this, { home, program, machine, hooks });
    this.cards = new Cards(program, machine, hooks);
    this.chosen = new Map(); // slot -> the element that is followed
  }

  show(position) {
    const { program } = this;
    const step = program.steps[position];
    const parts = [
      made("h2", {}, made("span", { class: "number" }, step.number), made("code", {}, step.numpy || step.call)),
      this.verdicts(step),
      step.marks.map((mark) =>
        made(
          "p",
          { class: `mark ${SIGNS[mark.kind][1]}` },
          made("strong", {}, SIGNS[mark.kind][0]),
          ` ${program.name(mark.slot)}: ${mark.text}`,
        ),
      ),
      this.words(step),
      this.element(step),
      this.arrays(step),
      this.memory(step),
      this.source(step),
    ];
    this.home.replaceChildren(...parts.flat().filter(Boolean));
  }

  words(step) {
    const { program } = this;
    const forward = step.forward === undefined ? null : program.steps[step.forward];
    const lines = [];
    if (step.words) lines.push(made("p", { class: "words" }, step.words));
    if (step.rule) lines.push(made("p", {}, "The rule: ", made("code", {}, step.rule)));
    if (step.numpy && step.numpy !== step.call && !step.op.startsWith("np."))
      lines.push(made("p", { class: "what" }, "as an operation: ", made("code", {}, step.call)));
    if (forward)
      lines.push(
        made(
          "p",
          { class: "what" },
          "This undoes ",
          made("button", { class: "small", onclick: () => this.hooks.go(forward.number) }, `step ${forward.number}`),
          " ",
          made("code", {}, forward.numpy || forward.call),
        ),
      );
    if (step.adds) lines.push(this.paths(step));
    if (step.doc) lines.push(made("p", { class: "what" }, step.doc));
    if (step.minor)
      lines.push(made("p", { class: "note" }, "Computed only because Python asked: the result does not depend on it."));
    for (const [slot, how] of Object.entries(step.asked ?? {}))
      lines.push(
        made(
          "p",
          { class: "note" },
          `Before this, Python asked for ${how}(${program.name(+slot)}), and went on accordingly.`,
        ),
      );
    return made("div", {}, lines);
  }

  /** Where cotangents add up: the parts. */
  paths(step) {
    const { program } = this;
    const parts = step.reads.map((slot) => {
      const number = program.maker.get(slot);
      const from = number === undefined ? null : program.steps[number];
      return made(
        "li",
        {},
        made("code", {}, program.name(slot)),
        from ? made("button", { class: "small", onclick: () => this.hooks.go(number) }, `from step ${number}`) : null,
      );
    });
    return made("ul", { class: "paths" }, parts);
  }

  verdicts(step) {
    return step.verdicts.map((each) => {
      const [word, kind] = VERDICTS[each.verdict];
      const numbers =
        each.claimed === undefined
          ? ""
          : ` At ${each.at || "one element"} the rule says ${shown(numberOf(each.claimed))}, and the slope is ${shown(numberOf(each.measured))}.`;
      return made(
        "div",
        { class: `mark ${kind}`, role: each.verdict === "wrong" ? "alert" : null },
        made("strong", {}, `${word}: gradient of ${each.argument}.`),
        numbers,
        each.hint ? made("p", { class: "hint" }, `Hint: ${each.hint}`) : null,
      );
    });
  }

  /** The element that is followed: by default the largest, or NaN. */
  elementOf(slot) {
    const x = this.machine.values.get(slot) ?? this.program.whole(slot);
    if (!x || !x.data.length) return null;
    if (!this.chosen.has(slot)) {
      const size = (v) => (Number.isNaN(v) ? Infinity : Math.abs(v));
      let best = 0;
      x.data.forEach((v, k) => (best = size(v) > size(x.data[best]) ? k : best));
      this.chosen.set(slot, best);
    }
    return { x, flat: Math.min(this.chosen.get(slot), x.data.length - 1) };
  }

  follow(step) {
    const slot = step.outputs[0];
    if (slot === undefined || !step.tree || step.tree[0] === "t") return null;
    const found = this.elementOf(slot);
    if (!found) return null;
    const get = (each) => this.machine.values.get(each) ?? this.machine.recorded(each, step.number);
    try {
      return {
        slot,
        ...found,
        ...followed(step.tree, indexOf(found.flat, found.x.shape), get, (each) => this.program.name(each)),
      };
    } catch (error) {
      if (error instanceof Unknown || error instanceof TypeError) return null;
      throw error;
    }
  }

  /** One element as a formula and in numbers. */
  element(step) {
    const found = (this.followedNow = this.follow(step));
    if (!found) return null;
    const { slot, x, flat } = found;
    const index = indexOf(flat, x.shape);
    const name = index.length ? `${this.program.name(slot)}[${index.join(", ")}]` : this.program.name(slot);
    const move = (by) => () => {
      this.chosen.set(slot, (flat + by + x.data.length) % x.data.length);
      this.hooks.redraw();
    };
    const buttons =
      x.data.length > 1
        ? made(
            "span",
            { class: "buttons" },
            made("button", { class: "small", "aria-label": "previous element", onclick: move(-1) }, "◂"),
            made("button", { class: "small", "aria-label": "next element", onclick: move(1) }, "▸"),
          )
        : null;
    return made(
      "section",
      { class: "element", "aria-label": "One element in numbers" },
      made("h3", {}, "One element ", buttons),
      made("p", { class: "formula" }, made("code", {}, name), " = ", made("code", {}, found.text)),
      made(
        "p",
        { class: "formula" },
        made("code", {}, name),
        " = ",
        made("code", {}, found.numbers),
        " = ",
        made("strong", {}, shown(found.value)),
      ),
    );
  }

  arrays(step) {
    const from = new Map();
    for (const [slot, flat] of this.followedNow?.from ?? []) from.set(slot, (from.get(slot) ?? new Set()).add(flat));
    const written = this.program.writtenBy(step);
    const reads = [...new Set(step.reads)].filter((slot) => !written.includes(slot));
    const inputs = reads.map((slot) =>
      this.cards.card(slot, step.number, { role: "reads", from: from.get(slot), gradient: !step.back }),
    );
    const outputs = [...written, ...step.outputs].map((slot) =>
      this.cards.card(slot, step.number, {
        role: written.includes(slot) ? "overwrites" : "gives",
        chosen: this.followedNow?.slot === slot ? this.followedNow.flat : undefined,
        pick:
          step.outputs[0] === slot
            ? (flat) => {
                this.chosen.set(slot, flat);
                this.hooks.redraw();
              }
            : undefined,
        gradient: !step.back,
      }),
    );
    return made(
      "section",
      { class: "arrays", "aria-label": "Arrays" },
      made("h3", {}, "Arrays"),
      made("div", { class: "cards" }, inputs, made("div", { class: "arrow", "aria-hidden": "true" }, "→"), outputs),
    );
  }

  /** Bytes held over all steps, and what is let go here. */
  memory(step) {
    const { steps } = this.program;
    const most = Math.max(1, ...steps.map((each) => each.held));
    const peak = steps.find((each) => each.held === most);
    const [wide, tall] = [600, 60];
    const x = (number) => ((number + 0.5) / steps.length) * wide;
    const line = steps
      .map((each) => `${x(each.number).toFixed(1)},${(tall - (each.held / most) * (tall - 4)).toFixed(1)}`)
      .join(" L");
    const words =
      this.program.kind === "tape"
        ? `The records keep ${bytesText(step.held)} after this step; at most ${bytesText(most)}, after step ${peak?.number ?? 0}.`
        : `Computed values take ${bytesText(step.held)} while this step runs; at most ${bytesText(most)}, in step ${peak?.number ?? 0}.`;
    const chart = made(
      "svg",
      { viewBox: `0 0 ${wide} ${tall}`, class: "memory", role: "img", "aria-label": words },
      made("path", { d: `M0,${tall} L${line} L${wide},${tall} Z`, class: "area" }),
      made("line", { x1: x(this.program.turn - 0.5), x2: x(this.program.turn - 0.5), y1: 0, y2: tall, class: "turn" }),
      made("line", { x1: x(step.number), x2: x(step.number), y1: 0, y2: tall, class: "now" }),
    );
    const freed = step.freed.length
      ? made(
          "p",
          {},
          "Nobody needs any more, and is freed: ",
          step.freed.map((slot, k) => [k ? ", " : "", made("code", {}, this.program.name(slot))]),
        )
      : null;
    return made(
      "section",
      { class: "held", "aria-label": "Memory" },
      made("h3", {}, "Memory"),
      chart,
      made("p", {}, words),
      freed,
    );
  }

  source(step) {
    const lines = this.program.sources[step.file];
    if (!lines) return null;
    const near = Object.entries(lines).filter(([number]) => Math.abs(number - step.line) <= 3);
    const text = near.map(([number, line]) =>
      made("span", { class: +number === step.line ? "line current" : "line" }, `${number.padStart(4)}  ${line}\n`),
    );
    return made(
      "section",
      { "aria-label": "Source" },
      made("h3", {}, `${step.file}:${step.line}`),
      made("pre", { class: "source", tabindex: 0 }, text),
    );
  }
}
