export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
}

export type Row = readonly unknown[];

/** Sends one statement of a transaction. */
export type Send = (statement: Statement) => Promise<readonly Row[]>;
