import { useMemo } from 'react';
import { useGet } from '../../api/list.ts';
import { useTopic } from '../../live/use-topic.ts';
import { type History, lastOf, type Sample, type SeriesName, timesOf } from './sample.ts';

const TOPIC = '$ops.overview';
const HISTORY = { minutes: 60, step_s: 10 };
const HISTORY_MS = 10_000;
const NONE: readonly number[] = [];

/** The figures of this moment, and the hour behind them. */
export interface Figures {
  /** Whether they change each second; otherwise they come with the history. */
  readonly live: boolean;
  readonly now: Partial<Record<SeriesName, number | null>>;
  readonly times: readonly number[];
  readonly series: History['series'];
}

/** Each second while the socket carries them; every ten seconds by REST where it does not. */
export function useFigures(): Figures {
  const { newest, live } = useTopic<Sample>(TOPIC);
  const { data: history } = useGet<History>('ops/history', HISTORY, { refresh: HISTORY_MS });
  const times = useMemo(() => (history === undefined ? NONE : timesOf(history)), [history]);
  const last = useMemo(() => (history === undefined ? {} : lastOf(history)), [history]);
  const isLive = live && newest !== undefined;
  return { live: isLive, now: isLive ? newest : last, times, series: history?.series ?? {} };
}
