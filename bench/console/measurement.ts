/** One cold load of the overview by somebody who is signed in. Milliseconds. */
export interface Drawing {
  readonly repeat: number;
  /** From the begin of the navigation to the frame that shows the first figures. */
  readonly drawnMs: number;
  /** Share of the machine's CPU time that went to programs outside this run. */
  readonly others: number;
}

/** One screen, opened and used. */
export interface ScreenUse {
  readonly repeat: number;
  readonly screen: string;
  /** The longest that the page's one thread was busy without a break, milliseconds; 0 where never for 50. */
  readonly longestMs: number;
  /** How often it was busy for 50 ms or more. */
  readonly longTasks: number;
  readonly others: number;
}

/** CPU time of the node in windows with a console in front, and in windows without one. In cores. */
export interface Cost {
  readonly repeat: number;
  readonly withConsole: number;
  readonly without: number;
  readonly others: number;
}
