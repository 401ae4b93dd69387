// Runs what a page computes, without a page: reads {scripts, data, change} and writes what came out.

const { scripts, data, changes, elements } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const api = new Function(`${scripts}; return { Program, Machine, followed, indexOf, Unknown };`)();
const program = new api.Program(data);
const machine = new api.Machine(program);
for (const [slot, flat, value] of changes) machine.change(slot, flat, value);
const get = (slot) => machine.values.get(slot) ?? machine.recorded(slot);
const out = {
  known: [...machine.known],
  values: {},
  lost: [...machine.lost],
  asked: machine.asked.map(([, slot, how]) => [slot, how]),
  followed: [],
};
for (const [slot, x] of machine.values) out.values[slot] = [...x.data];
for (const [number, flat] of elements) {
  const step = program.steps[number];
  const x = get(step.outputs[0]);
  try {
    const { text, numbers, value, from } = api.followed(step.tree, api.indexOf(flat, x.shape), get, (slot) =>
      program.name(slot),
    );
    out.followed.push({ text, numbers, value, from, is: x.data[flat] });
  } catch (error) {
    if (!(error instanceof api.Unknown || error instanceof TypeError)) throw error;
    out.followed.push(null);
  }
}
console.log(JSON.stringify(out));
