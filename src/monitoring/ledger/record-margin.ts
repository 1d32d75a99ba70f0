/** What a run did within this time before its last record may not be part of it: a checkpoint is due every five seconds. */
export const RECORD_MARGIN_MS = 10_000;
