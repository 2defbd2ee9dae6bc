/** The exports of assembly/ that carry out layers and their gradients. All arguments are addresses, counts or limits. */
export interface LayerExports {
  packPanels(
    panels: number,
    panelBytes: number,
    matrix: number,
    rowBytes: number,
    depth: number,
    columns: number,
  ): void;
  packPanelsTransposed(
    panels: number,
    panelBytes: number,
    matrix: number,
    rowBytes: number,
    depth: number,
    columns: number,
  ): void;
  packBias(panels: number, panelBytes: number, bias: number, columns: number): void;
  convScratch(shape: number): number;
  convolveScratch(shape: number): number;
  convolveBlock(shape: number): number;
  convolve(
    shape: number,
    x: number,
    filter: number,
    y: number,
    residual: number,
    low: number,
    high: number,
    byPanels: number,
    from: number,
    to: number,
    scratch: number,
  ): void;
  winogradFilter(
    filter: number,
    packed: number,
    channels: number,
    filters: number,
    scratch: number,
  ): void;
  winogradFilterScratch(): number;
  winogradScratch(shape: number): number;
  winogradTiles(shape: number): number;
  winograd(
    shape: number,
    x: number,
    filter: number,
    y: number,
    residual: number,
    low: number,
    high: number,
    byPanels: number,
    from: number,
    to: number,
    scratch: number,
  ): void;
  chainScratch(chain: number): number;
  chain(chain: number, from: number, to: number, scratch: number): void;
  convInputGradient(
    shape: number,
    dy: number,
    filter: number,
    dx: number,
    add: number,
    scratch: number,
  ): void;
  convFilterGradient(shape: number, x: number, dy: number, dw: number, scratch: number): void;
  depthwise(
    shape: number,
    x: number,
    filter: number,
    y: number,
    start: number,
    startStep: number,
    low: number,
    high: number,
    from: number,
    to: number,
  ): void;
  depthwiseScratch(shape: number): number;
  depthwiseInputGradient(
    shape: number,
    dy: number,
    filter: number,
    dx: number,
    add: number,
    scratch: number,
  ): void;
  depthwiseFilterGradient(shape: number, x: number, dy: number, dw: number): void;
  rectifierGradient(
    dy: number,
    y: number,
    high: number,
    masked: number,
    sums: number,
    rows: number,
    channels: number,
  ): void;
  sumRows(matrix: number, sums: number, rows: number, channels: number): void;
  depthToSpace(
    wide: number,
    high: number,
    width: number,
    channels: number,
    from: number,
    to: number,
  ): void;
  spaceToDepth(wide: number, high: number, rows: number, width: number, channels: number): void;
}
