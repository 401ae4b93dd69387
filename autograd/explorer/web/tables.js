// Arrays as tables, heat maps and pictures. Blue is positive, red negative; the strongest colour is the largest size.

"use strict";

const TABLE = 120; // elements of an array that is a table at first
const WIDE = 12; // columns
const ROWS = 30; // rows and columns of what is shown of a larger array as numbers

function colour(x, most) {
  if (Number.isNaN(x)) return "rgba(214,39,214,0.55)";
  const strength = most ? Math.min(1, Math.abs(x) / most) : 0;
  return x >= 0
    ? `rgba(40,110,220,${(0.75 * strength).toFixed(3)})`
    : `rgba(220,70,30,${(0.75 * strength).toFixed(3)})`;
}

/** The planes of an array: its last two axes, for each index of those before. */
function planesOf(x) {
  const [rows, columns] = [x.shape.at(-2) ?? 1, x.shape.at(-1) ?? 1];
  const front = x.shape.slice(0, -2);
  return Array.from({ length: sizeOf(front) }, (_, k) => ({
    index: indexOf(k, front),
    start: k * rows * columns,
    rows,
    columns,
  }));
}

/** An array as one table per plane. `options`: label, pick(flat), chosen (flat), from (set of flats), edit(flat, text). */
function tableOf(x, options) {
  const most = largest(x);
  const planes = planesOf(x);
  const few = planes.slice(
    0,
    Math.max(1, Math.floor((ROWS * WIDE) / Math.max(1, planes[0]?.rows * planes[0]?.columns))),
  );
  const tables = few.map((plane) => {
    const [rows, columns] = [Math.min(plane.rows, ROWS), Math.min(plane.columns, ROWS)];
    const caption = plane.index.length ? `${options.label}[${plane.index.join(", ")}]` : options.label;
    const head =
      x.shape.length > 1
        ? made(
            "tr",
            {},
            made("td"),
            Array.from({ length: columns }, (_, c) => made("th", { scope: "col" }, c)),
            plane.columns > columns ? made("th", {}, "…") : null,
          )
        : null;
    const body = Array.from({ length: rows }, (_, r) =>
      made(
        "tr",
        {},
        x.shape.length > 1 ? made("th", { scope: "row" }, r) : null,
        Array.from({ length: columns }, (_, c) => cell(x, plane.start + r * plane.columns + c, most, options)),
      ),
    );
    const table = made("table", { class: "numbers" }, made("caption", {}, caption), head, body);
    return plane.rows > rows || plane.columns > columns
      ? made(
          "div",
          {},
          table,
          made("p", { class: "note" }, `the first ${rows} × ${columns} of ${plane.rows} × ${plane.columns}`),
        )
      : table;
  });
  const more =
    planes.length > few.length
      ? made("p", { class: "note" }, `the first ${few.length} of ${planes.length} planes`)
      : null;
  return made(
    "div",
    { class: "tables", role: "group", "aria-label": `${options.label}, ${shapeText(x.shape)}` },
    tables,
    more,
  );
}

function cell(x, flat, most, options) {
  const value = x.data[flat];
  const classes = [
    options.chosen === flat ? "chosen" : "",
    options.from?.has(flat) ? "from" : "",
    options.pick ? "pick" : "",
  ].join(" ");
  const attributes = { class: classes, style: `--heat:${colour(value, most)}`, "data-flat": flat };
  if (options.edit) {
    const name = `${options.label}[${indexOf(flat, x.shape).join(", ")}]`;
    const input = made("input", {
      value: String(+value.toPrecision(7)),
      inputmode: "decimal",
      "aria-label": name,
      size: 7,
      onchange: (event) => options.edit(flat, event.target.value),
    });
    return made("td", attributes, input);
  }
  if (options.pick) attributes.onclick = () => options.pick(flat);
  return made("td", attributes, shown(value, 3));
}

/** An array as a heat map; planes stand beside each other. */
function heatOf(x, options) {
  const planes = planesOf(x);
  const { rows, columns } = planes[0];
  const across =
    planes.length === 1
      ? 1
      : Math.min(planes.length, Math.max(1, Math.ceil(Math.sqrt((planes.length * rows) / columns) * 1.3)));
  const gap = planes.length > 1 ? 1 : 0;
  const [wide, tall] = [across * (columns + gap) - gap, Math.ceil(planes.length / across) * (rows + gap) - gap];
  const place = (k) => [Math.floor(k / across) * (rows + gap), (k % across) * (columns + gap)];
  const canvas = made("canvas", {
    role: "img",
    width: wide,
    height: tall,
    "aria-label": `${options.label}, ${shapeText(x.shape)}, as a heat map`,
  });
  const context = canvas.getContext("2d");
  const most = largest(x);
  planes.forEach((plane, k) => {
    const [top, left] = place(k);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        const flat = plane.start + r * columns + c;
        context.fillStyle = options.chosen === flat ? "rgb(250,180,0)" : colour(x.data[flat], most);
        context.fillRect(left + c, top + r, 1, 1);
        if (options.from?.has(flat)) {
          context.fillStyle = "rgba(250,180,0,0.45)";
          context.fillRect(left + c, top + r, 1, 1);
        }
      }
  });
  sized(canvas, wide, tall);
  if (options.pick) {
    canvas.classList.add("pick");
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      const [c, r] = [
        ((event.clientX - box.left) / box.width) * wide,
        ((event.clientY - box.top) / box.height) * tall,
      ].map(Math.floor);
      const k = Math.floor(r / (rows + gap)) * across + Math.floor(c / (columns + gap));
      const [inner, column] = [r % (rows + gap), c % (columns + gap)];
      if (k < planes.length && inner < rows && column < columns)
        options.pick(planes[k].start + inner * columns + column);
    });
  }
  return canvas;
}

function sized(canvas, wide, tall) {
  const scale = Math.max(1, Math.min(12, Math.floor(300 / Math.max(wide, tall))));
  canvas.style.width = `${wide * scale}px`;
  canvas.style.aspectRatio = `${wide} / ${tall}`;
}

/** The thumbnail of an array that is not here as numbers. */
function pictureOf(picture, label) {
  const canvas = made("canvas", {
    role: "img",
    width: picture.columns,
    height: picture.rows,
    "aria-label": `${label}, thumbnail: ${picture.note}`,
  });
  const context = canvas.getContext("2d");
  const most = Math.max(Math.abs(picture.low), Math.abs(picture.high));
  bytesOf(picture.data ?? "").forEach((byte, k) => {
    if (!byte) return;
    context.fillStyle = colour(picture.low + ((byte - 1) / 254) * (picture.high - picture.low), most);
    context.fillRect(k % picture.columns, Math.floor(k / picture.columns), 1, 1);
  });
  sized(canvas, picture.columns, picture.rows);
  return made("figure", {}, canvas, made("figcaption", { class: "note" }, `Thumbnail: ${picture.note}.`));
}

function factsOf(x) {
  let [least, most, total, squares, zero, nan, inf, count] = [Infinity, -Infinity, 0, 0, 0, 0, 0, 0];
  for (const v of x.data) {
    if (Number.isNaN(v)) nan++;
    else if (!Number.isFinite(v)) inf++;
    else
      [least, most, total, squares, zero, count] = [
        Math.min(least, v),
        Math.max(most, v),
        total + v,
        squares + v * v,
        zero + (v === 0),
        count + 1,
      ];
  }
  return {
    min: count ? least : null,
    max: count ? most : null,
    mean: count ? total / count : null,
    norm: count ? Math.sqrt(squares) : null,
    zero,
    nan,
    inf,
  };
}

function factsText(facts, size) {
  if (!facts || size <= 1) return "";
  const parts =
    facts.min === null || facts.min === undefined
      ? []
      : [`${shown(facts.min)} to ${shown(facts.max)}`, `mean ${shown(facts.mean)}`, `norm ${shown(facts.norm)}`];
  for (const name of ["zero", "nan", "inf"])
    if (facts[name]) parts.push(`${facts[name]} ${name === "nan" ? "NaN" : name}`);
  return parts.join(" · ");
}
