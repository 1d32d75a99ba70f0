/** Names of the starts in the tables. */
export const START = { first: 'first start, empty data directory', second: 'second start' } as const;
