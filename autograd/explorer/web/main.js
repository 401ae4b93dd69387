// Puts the parts together: the position, keys and buttons, folding, changed numbers.

"use strict";

/** The text of the data, which are packed if they are long. */
async function unpacked(node) {
  if (node.dataset.how === "plain") return node.textContent;
  const stream = new Blob([bytesOf(node.textContent)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

async function start() {
  const program = new Program(JSON.parse(await unpacked(document.getElementById("data"))));
  const find = (selector) => document.querySelector(selector);
  if (!program.steps.length) {
    find("#detail").append(made("p", {}, "Nothing was computed: there is no step to show."));
    return;
  }
  const machine = new Machine(program);
  const folding = new Folding(program);
  let position = Math.min(program.open_at, program.steps.length - 1);

  const go = (number, focus) => {
    position = Math.min(Math.max(number, 0), program.steps.length - 1);
    show();
    if (focus) listing.focus();
  };
  const refold = (path) => {
    folding.toggle(path);
    build();
  };
  const pick = (node) => {
    if (node.steps) go(node.steps[0].number);
    else go(program.steps.find((step) => step.reads.includes(node.slot)).number);
  };
  const change = (slot, flat, text) => {
    const value = Number(text.replace("−", "-").replace(",", "."));
    const bad = text.trim() === "" || Number.isNaN(value);
    say(bad ? `“${text}” is no number` : "");
    if (!bad) machine.change(slot, flat, value);
    show();
    find(`section[aria-label="${CSS.escape(program.name(slot))}"] [data-flat="${flat}"] input`)?.focus();
  };
  const graph = new Graph(find("#graph"), program, folding, pick);
  const listing = new Listing(find("#list"), program, folding, go, refold);
  const detail = new Detail(find("#detail"), program, machine, { go, change, redraw: () => show() });

  function say(text) {
    find("#said").textContent = text;
  }

  function show() {
    const step = program.steps[position];
    graph.show(position, machine);
    listing.show(position, machine);
    detail.show(position);
    find("#slider").value = position;
    const part = step.back
      ? `back ${position - program.turn + 1} of ${program.steps.length - program.turn}`
      : `forward ${position + 1} of ${program.turn}`;
    find("#slider").setAttribute("aria-valuetext", `step ${position}: ${step.call}`);
    find("#where").textContent = part;
    find("#reset").hidden = !machine.on;
    find("#doubt").replaceChildren(
      ...machine.asked.map(([asked, slot, how]) =>
        made(
          "p",
          { class: "mark warn" },
          `Python asked for ${how}(${program.name(slot)}) before step ${asked.number}, and would now be told something else: the program might go another way.`,
        ),
      ),
    );
    if (machine.on && machine.lost.size) {
      const steps = program.steps.filter(
        (each) => each.outputs.some((slot) => machine.lost.has(slot)) && !machine.known.has(each.number),
      );
      find("#doubt").append(
        made(
          "p",
          { class: "mark warn" },
          `The page does not know how to compute ${[...new Set(steps.map((each) => each.op))].join(", ")}: from there on it shows what was recorded.`,
        ),
      );
    }
  }

  function build() {
    listing.build();
    graph.build();
    show();
  }

  const jumps = {
    first: () => 0,
    last: () => program.steps.length - 1,
    turn: () => program.turn,
    next: () => listing.beside(position, 1),
    previous: () => listing.beside(position, -1),
  };
  for (const [name, to] of Object.entries(jumps)) find(`#${name}`).addEventListener("click", () => go(to()));
  find("#turn").disabled = program.turn >= program.steps.length;
  find("#slider").max = program.steps.length - 1;
  find("#slider").addEventListener("input", (event) => go(+event.target.value));
  find("#reset").addEventListener("click", () => {
    machine.reset();
    show();
  });
  const keys = {
    ArrowRight: "next",
    ArrowDown: "next",
    j: "next",
    ArrowLeft: "previous",
    ArrowUp: "previous",
    k: "previous",
    Home: "first",
    End: "last",
    b: "turn",
  };
  document.addEventListener("keydown", (event) => {
    const free =
      !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, pre, select, textarea");
    if (!free || !(event.key in keys) || (event.key === "b" && find("#turn").disabled)) return;
    event.preventDefault();
    go(jumps[keys[event.key]](), true);
  });
  introduce(program, machine, go);
  build();
}

/** What stands above: notes, what a check has found, marks with the steps that they are at. */
function introduce(program, machine, go) {
  const notes = [...program.notes];
  const here = (step) => [...step.reads, ...step.outputs].every((slot) => program.whole(slot));
  const unknown = program.steps.filter(
    (step) => !machine.known.has(step.number) && !step.minor && step.reads.length && step.outputs.length && here(step),
  );
  if (program.kind === "tape")
    notes.push("A tape does not say what operations were given beside arrays, so this page computes nothing itself.");
  else if (unknown.length)
    notes.push(
      `The page does not know how to compute ${[...new Set(unknown.map((step) => step.op))].join(", ")}: where numbers are changed, what follows from these stays as recorded.`,
    );
  else if (program.steps.every(here))
    notes.push("Change a number of an input or a parameter, and all that follows from it is computed anew.");
  document.getElementById("notes").append(...notes.map((note) => made("p", {}, note)));
  const problems = document.getElementById("problems");
  if (program.headline)
    problems.append(
      made(
        "p",
        { class: `mark ${program.headline.startsWith("WRONG") ? "bad" : "good"}` },
        made("strong", {}, program.headline),
      ),
    );
  for (const each of program.verdicts.filter(
    (verdict) => verdict.verdict !== "correct" && !(verdict.hint ?? "").startsWith("follows from"),
  )) {
    problems.append(
      made(
        "p",
        { class: `mark ${VERDICTS[each.verdict][1]}` },
        `${VERDICTS[each.verdict][0]}: the gradient of ${each.argument} end to end. ${each.hint ?? ""}`,
      ),
    );
  }
  const seen = program.steps.flatMap((step) => [
    ...step.verdicts
      .filter((each) => each.verdict === "wrong")
      .map((each) => [step, "WRONG", `${step.op}, ${each.argument}`]),
    ...step.marks.filter((mark) => mark.source).map((mark) => [step, SIGNS[mark.kind][0], program.name(mark.slot)]),
  ]);
  if (seen.length)
    problems.append(
      made(
        "ul",
        { class: "jumps", "aria-label": "What to look at" },
        seen
          .slice(0, 12)
          .map(([step, word, name]) =>
            made(
              "li",
              {},
              made("button", { onclick: () => go(step.number, true) }, `${word}: ${name}, step ${step.number}`),
            ),
          ),
      ),
    );
  if (seen.length > 12)
    problems.append(made("p", { class: "note" }, `and ${seen.length - 12} more, marked in the list`));
}

start();
