// Convolutions of images, (N, C, H, W), and max pooling, by the definition: loops over all that meets.

"use strict";

/** How a window of a filter lies on an image: visit(n, f, c, p, q, i, j, row, column) for all that meet. */
function slide(N, F, C, P, Q, I, J, H, W, stride, padding, dilation, groups, visit) {
  const each = C / groups;
  for (let n = 0; n < N; n++)
    for (let f = 0; f < F; f++)
      for (let c = 0; c < each; c++)
        for (let p = 0; p < P; p++)
          for (let q = 0; q < Q; q++)
            for (let i = 0; i < I; i++)
              for (let j = 0; j < J; j++) {
                const row = p * stride[0] + i * dilation[0] - padding[0];
                const column = q * stride[1] + j * dilation[1] - padding[1];
                if (row < 0 || row >= H || column < 0 || column >= W) continue;
                visit(n, f, c, Math.floor((f * groups) / F) * each + c, p, q, i, j, row, column);
              }
}

function conv(x, w, bias, stride, padding, dilation, groups, sizes) {
  if (x.shape.length !== 4) throw new Unknown("conv of other than images");
  const [N, C, H, W] = x.shape;
  const [F, each, I, J] = w.shape;
  const out = array([N, F, ...sizes]);
  const [P, Q] = sizes;
  slide(N, F, C, P, Q, I, J, H, W, stride, padding, dilation, groups, (n, f, c, channel, p, q, i, j, row, column) => {
    out.data[((n * F + f) * P + p) * Q + q] +=
      w.data[((f * each + c) * I + i) * J + j] * x.data[((n * C + channel) * H + row) * W + column];
  });
  return bias ? between(pairwise.add, out, reshaped(bias, [1, F, 1, 1])) : out;
}

function conv_input_grad(dz, w, bias, stride, padding, dilation, groups, sizes) {
  if (dz.shape.length !== 4) throw new Unknown("conv of other than images");
  const [N, F, P, Q] = dz.shape;
  const [, each, I, J] = w.shape;
  const [H, W] = sizes;
  const C = each * groups;
  const out = array([N, C, H, W]);
  slide(N, F, C, P, Q, I, J, H, W, stride, padding, dilation, groups, (n, f, c, channel, p, q, i, j, row, column) => {
    out.data[((n * C + channel) * H + row) * W + column] +=
      w.data[((f * each + c) * I + i) * J + j] * dz.data[((n * F + f) * P + p) * Q + q];
  });
  return out;
}

function conv_weight_grad(dz, x, stride, padding, dilation, groups, sizes) {
  if (dz.shape.length !== 4) throw new Unknown("conv of other than images");
  const [N, F, P, Q] = dz.shape;
  const [, C, H, W] = x.shape;
  const [I, J] = sizes;
  const each = C / groups;
  const out = array([F, each, I, J]);
  slide(N, F, C, P, Q, I, J, H, W, stride, padding, dilation, groups, (n, f, c, channel, p, q, i, j, row, column) => {
    out.data[((f * each + c) * I + i) * J + j] +=
      x.data[((n * C + channel) * H + row) * W + column] * dz.data[((n * F + f) * P + p) * Q + q];
  });
  return out;
}

/** Visits all elements of the windows of max pooling: visit(place of the window, place of the element, its number). */
function windowed(shape, [size, stride, padding, dilation, out, even], visit) {
  if (size.length !== 2 || even === false) throw new Unknown("such windows");
  const [H, W] = shape.slice(-2);
  for (let plane = 0; plane < sizeOf(shape.slice(0, -2)); plane++)
    for (let p = 0; p < out[0]; p++)
      for (let q = 0; q < out[1]; q++)
        for (let i = 0; i < size[0]; i++)
          for (let j = 0; j < size[1]; j++) {
            const row = p * stride[0] + i * dilation[0] - padding[0];
            const column = q * stride[1] + j * dilation[1] - padding[1];
            if (row < 0 || row >= H || column < 0 || column >= W) continue;
            visit((plane * out[0] + p) * out[1] + q, (plane * H + row) * W + column, i * size[1] + j);
          }
}

function max_pool(x, { windows }) {
  const shape = [...x.shape.slice(0, -2), ...windows[4]];
  const [z, place] = [array(shape), array(shape)];
  z.data.fill(-Infinity);
  windowed(x.shape, windows, (at, from, number) => {
    if (x.data[from] > z.data[at] || Number.isNaN(x.data[from])) [z.data[at], place.data[at]] = [x.data[from], number];
  });
  return [z, place];
}

function to_winners(dz, place, windows, shape) {
  const out = array(shape);
  windowed(shape, windows, (at, from, number) => {
    if (place.data[at] === number) out.data[from] += dz.data[at];
  });
  return out;
}
