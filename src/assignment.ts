/**
 * Assignment of rows to columns with the greatest total gain: the shortest augmenting paths of Jonker
 * and Volgenant (Computing 38, 1987) in the rectangular form of Crouse (IEEE Transactions on Aerospace
 * and Electronic Systems 52, 2016), which SciPy's linear_sum_assignment uses too. Equal gains are
 * decided as there, so that metrics computed from the pairs agree.
 */

export type Pair = readonly [row: number, column: number];

/**
 * Pairs of rows and columns, by ascending row, whose gains have the greatest sum. Each row and column
 * is in one pair at most; a gain of 0 or less makes no pair.
 * @param gain of row and column; finite
 */
export function assign(
  rows: number,
  columns: number,
  gain: (row: number, column: number) => number,
): Pair[] {
  if (rows > columns) {
    return assign(columns, rows, (row, column) => gain(column, row))
      .map(([row, column]): Pair => [column, row])
      .sort(([a], [b]) => a - b);
  }
  const costs = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) costs[i * columns + j] = -Math.max(0, gain(i, j));
  }
  const columnOfRow = shortestPaths(rows, columns, costs);
  return Array.from(columnOfRow, (column, row): Pair => [row, column]).filter(
    ([row, column]) => costs[row * columns + column] < 0,
  );
}

/** Column of each row at the least total cost; at most as many rows as columns. */
function shortestPaths(rows: number, columns: number, costs: Float64Array): Int32Array {
  const rowPrices = new Float64Array(rows);
  const columnPrices = new Float64Array(columns);
  const columnOfRow = new Int32Array(rows).fill(-1);
  const rowOfColumn = new Int32Array(columns).fill(-1);
  const previousRow = new Int32Array(columns);
  for (let row = 0; row < rows; row++) {
    const distances = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
    const visitedRows: number[] = [];
    const visitedColumns: number[] = [];
    // From the last column on, so that equal costs give the identity.
    const remaining = Array.from({ length: columns }, (_, j) => columns - 1 - j);
    let least = 0;
    let sink = -1;
    for (let i = row; sink < 0; ) {
      visitedRows.push(i);
      let nearest = -1;
      let lowest = Number.POSITIVE_INFINITY;
      for (let at = 0; at < remaining.length; at++) {
        const j = remaining[at];
        const distance = least + costs[i * columns + j] - rowPrices[i] - columnPrices[j];
        if (distance < distances[j]) {
          previousRow[j] = i;
          distances[j] = distance;
        }
        // Of equally near columns a free one ends the path.
        if (distances[j] < lowest || (distances[j] === lowest && rowOfColumn[j] < 0)) {
          lowest = distances[j];
          nearest = at;
        }
      }
      least = lowest;
      const j = remaining[nearest];
      visitedColumns.push(j);
      if (rowOfColumn[j] < 0) sink = j;
      else i = rowOfColumn[j];
      remaining[nearest] = remaining[remaining.length - 1];
      remaining.pop();
    }
    rowPrices[row] += least;
    for (const i of visitedRows) {
      if (i !== row) rowPrices[i] += least - distances[columnOfRow[i]];
    }
    for (const j of visitedColumns) columnPrices[j] -= least - distances[j];
    for (let j = sink, i = -1; i !== row; ) {
      i = previousRow[j];
      rowOfColumn[j] = i;
      [columnOfRow[i], j] = [j, columnOfRow[i]];
    }
  }
  return columnOfRow;
}
