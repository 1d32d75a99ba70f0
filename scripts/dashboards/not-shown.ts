/** Metrics of the gateway that are on no dashboard, each with the reason. */
export const NOT_SHOWN: Readonly<Record<string, string>> = {};
