/** Names of VGG-16's convolutions in PyTorch, where a layer is an index into a sequence. */

/** Every convolution is followed by a ReLU; a pooling follows each block. */
const CONVOLUTIONS_PER_BLOCK = [2, 2, 3, 3, 3];

/** Graph layer → index in the list of modules: conv1_1 → 0, conv1_2 → 2, conv2_1 → 5 … */
export const VGG_INDEX: ReadonlyMap<string, number> = (() => {
  const indices = new Map<string, number>();
  let index = 0;
  for (const [block, count] of CONVOLUTIONS_PER_BLOCK.entries()) {
    for (let i = 1; i <= count; i++, index += 2) indices.set(`conv${block + 1}_${i}`, index);
    index++;
  }
  return indices;
})();

/** fc6 and fc7 of the reduced network, which follow pool5 in the same list. */
export const VGG_REDUCED_INDEX: ReadonlyMap<string, number> = new Map([
  ...VGG_INDEX,
  ['fc6', 31],
  ['fc7', 33],
]);
