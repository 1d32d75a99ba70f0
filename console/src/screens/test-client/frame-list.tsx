import { Button } from '@mantine/core';
import { useTimeZoneChoice } from '../../ui/clock.tsx';
import { count, dateTime } from '../../ui/format.ts';
import { Notice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import classes from './frame-list.module.css';
import type { Frame } from './tapped-socket.ts';

const WORDS: Readonly<Record<Frame['direction'], string>> = { in: '← in', out: '→ out', note: '·' };
/** Where the time of day begins in `2026-11-22 03:59:04.239`. */
const TIME_FROM = 11;

/** What crossed the wire, the newest first. */
export function FrameList({ frames, onClear }: { readonly frames: readonly Frame[]; readonly onClear: () => void }) {
  const { zone } = useTimeZoneChoice();
  return (
    <Panel
      title="Frames"
      about={frames.length === 0 ? 'The newest first.' : `The newest first; ${count(frames.length)} are kept. Tokens are cut out.`}
      actions={
        <Button size="xs" variant="default" disabled={frames.length === 0} onClick={onClear}>
          Clear
        </Button>
      }
    >
      {frames.length === 0 ? (
        <Notice title="No frame yet" detail="Connect, and every frame in and out appears here with its time." />
      ) : (
        <ol className={classes['list']} aria-label="Frames" tabIndex={0}>
          {frames.map(({ no, at, direction, text }) => (
            <li key={no} className={classes['frame']} data-direction={direction}>
              <span className="quiet tabular">{dateTime(at, zone, true).slice(TIME_FROM)}</span>
              <span className={direction === 'out' ? classes['out'] : ''}>{WORDS[direction]}</span>
              <span className="mono breakable">{text}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
