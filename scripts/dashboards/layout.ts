import type { GridPos } from './model.ts';

const COLUMNS = 24;

export interface Sized {
  readonly w: number;
  readonly h: number;
}

/** Places panels from left to right, line after line. Panels of a line are equally high, and fill it. */
export function placed(sizes: readonly Sized[], top: number): readonly GridPos[] {
  let [x, y] = [0, top];
  let height = 0;
  return sizes.map(({ w, h }) => {
    if (x + w > COLUMNS) throw new Error(`a line of the grid is ${x} wide and the next panel ${w}: lines have ${COLUMNS} columns`);
    if (x > 0 && h !== height) throw new Error(`a panel of height ${h} stands beside one of ${height}`);
    const position = { x, y, w, h };
    height = h;
    x = (x + w) % COLUMNS;
    if (x === 0) y += h;
    return position;
  });
}

/** Where the next row may begin. */
export function below(positions: readonly GridPos[], top: number): number {
  return Math.max(top, ...positions.map(({ y, h }) => y + h));
}
