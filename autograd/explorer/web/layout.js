// Places for the nodes of a graph, in rows from top to bottom: K. Sugiyama, S. Tagawa & M. Toda, Methods for visual
// understanding of hierarchical system structures, 1981. Rows by the longest path; an order with few crossings by
// the mean place of neighbours; then every node as near to its neighbours as order and spacing allow.

"use strict";

const ROW = 52;
const GAP = 14;
const SWEEPS = 12;

/** nodes: [{id, width, height}] so that edges [from, to] go forward. Gives {places: id -> {x, y}, paths, width, height}. */
function layout(nodes, edges) {
  const byId = new Map(nodes.map((node) => [node.id, { ...node, above: [], below: [] }]));
  const rows = rowsFor(nodes, edges);
  const all = [...byId.values()];
  all.forEach((node) => (node.row = rows.get(node.id)));
  const chains = edges.map(([from, to]) => {
    const chain = [byId.get(from)];
    for (let row = chain[0].row + 1; row < byId.get(to).row; row++) {
      const bend = { row, width: 4, height: 0, above: [], below: [] };
      all.push(bend);
      chain.push(bend);
    }
    chain.push(byId.get(to));
    for (let k = 1; k < chain.length; k++) {
      chain[k - 1].below.push(chain[k]);
      chain[k].above.push(chain[k - 1]);
    }
    return chain;
  });
  const levels = [];
  for (const node of all) (levels[node.row] ??= []).push(node);
  levels.forEach((level, row) => (levels[row] = level ?? []));
  order(levels);
  place(levels);
  const left = Math.min(...all.map((node) => node.x - node.width / 2)) - GAP;
  all.forEach((node) => {
    node.x -= left;
    node.y = GAP + 14 + node.row * ROW;
  });
  const width = Math.max(...all.map((node) => node.x + node.width / 2)) + GAP;
  return { places: byId, paths: chains, width, height: levels.length * ROW + GAP };
}

/** Below all that it is computed from; what is computed from nothing just above its first use. */
function rowsFor(nodes, edges) {
  const [above, below] = [new Map(), new Map()];
  for (const [from, to] of edges) {
    above.set(to, [...(above.get(to) ?? []), from]);
    below.set(from, [...(below.get(from) ?? []), to]);
  }
  const row = new Map();
  for (const { id } of nodes) row.set(id, 1 + Math.max(-1, ...(above.get(id) ?? []).map((each) => row.get(each) ?? 0)));
  for (const { id } of nodes) {
    if (!above.has(id) && below.has(id))
      row.set(id, Math.max(0, Math.min(...below.get(id).map((each) => row.get(each))) - 1));
  }
  return row;
}

function order(levels) {
  const number = (level) => level.forEach((node, k) => (node.order = k));
  levels.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const level of down ? levels : [...levels].reverse()) {
      for (const node of level) {
        const near = down ? node.above : node.below;
        node.wish = near.length ? near.reduce((sum, each) => sum + each.order, 0) / near.length : node.order;
      }
      level.sort((a, b) => a.wish - b.wish);
      number(level);
    }
  }
}

function place(levels) {
  for (const level of levels)
    spread(
      level,
      level.map(() => 0),
    );
  for (let sweep = 0; sweep < 2 * SWEEPS; sweep++) {
    for (const level of sweep % 2 ? [...levels].reverse() : levels) {
      spread(
        level,
        level.map((node) => {
          const near = [...node.above, ...node.below];
          return near.length ? near.reduce((sum, each) => sum + each.x, 0) / near.length : node.x;
        }),
      );
    }
  }
}

/** The places nearest to what is wished, in order and apart: neighbours that would overlap share one mean. */
function spread(level, wishes) {
  let offset = 0;
  const offsets = level.map((node, k) => (offset += k ? (level[k - 1].width + node.width) / 2 + GAP : 0));
  const blocks = [];
  wishes.forEach((wish, k) => {
    blocks.push({ mean: wish - offsets[k], count: 1 });
    while (blocks.length > 1 && blocks.at(-2).mean > blocks.at(-1).mean) {
      const last = blocks.pop();
      const before = blocks.at(-1);
      before.mean = (before.mean * before.count + last.mean * last.count) / (before.count + last.count);
      before.count += last.count;
    }
  });
  let k = 0;
  for (const { mean, count } of blocks) for (let n = 0; n < count; n++, k++) level[k].x = mean + offsets[k];
}
