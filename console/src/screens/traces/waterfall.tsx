import { UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconAlertTriangle, IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useUrlState } from '../../ui/url-state.ts';
import { duration } from '../../ui/format.ts';
import { SpanDetail } from './span-detail.tsx';
import type { Span, TraceDetail } from './trace-answer.ts';
import { type Bar, barsOf, ticksOf } from './waterfall-layout.ts';
import classes from './waterfall.module.css';

/** Each span above its children, on one line of time. A span opens to what it says of itself. */
export function Waterfall({ trace }: { readonly trace: TraceDetail }) {
  const [{ span: open }, change] = useUrlState({ span: '' });
  const bars = barsOf(trace);
  const ticks = ticksOf(trace.duration_ms);
  return (
    <div className={classes['waterfall']}>
      <div className={classes['scale']} aria-hidden>
        <span />
        <span className={classes['ticks']}>
          {ticks.map((tick) => (
            <span
              key={tick}
              className={`${classes['tick'] ?? ''} tabular`}
              style={{ left: `${(tick / Math.max(trace.duration_ms, 0.001)) * 100}%` }}
            >
              {duration(tick)}
            </span>
          ))}
        </span>
        <span className={classes['took']}>took</span>
      </div>
      <ol className={classes['spans']} aria-label="Spans">
        {trace.spans.map((span) => (
          <SpanLine
            key={span.span_id}
            span={span}
            bar={bars.get(span.span_id)}
            open={open === span.span_id}
            onToggle={() => change({ span: open === span.span_id ? '' : span.span_id })}
          />
        ))}
      </ol>
    </div>
  );
}

interface SpanLineProps {
  readonly span: Span;
  readonly bar: Bar | undefined;
  readonly open: boolean;
  readonly onToggle: () => void;
}

function SpanLine({ span, bar, open, onToggle }: SpanLineProps) {
  const { name, depth, failed, duration_ms: ms, offset_ms: offset } = span;
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <li>
      <UnstyledButton className={classes['span'] ?? ''} data-failed={failed || undefined} aria-expanded={open} onClick={onToggle}>
        <span className={classes['name']} style={{ paddingLeft: depth * 14 }}>
          <Chevron size={13} className="quiet" />
          {failed && <IconAlertTriangle size={14} color="var(--waybill-bad)" />}
          <span className={classes['text']}>{name}</span>
        </span>
        <span className={classes['track']}>
          {bar !== undefined && (
            <span className={classes['bar']} style={{ left: `${bar.left * 100}%`, width: `max(3px, ${bar.width * 100}%)` }} />
          )}
        </span>
        <span className={`${classes['took'] ?? ''} tabular`}>{duration(ms)}</span>
        <VisuallyHidden>{`${duration(offset)} after the beginning${failed ? ', failed' : ''}`}</VisuallyHidden>
      </UnstyledButton>
      {open && <SpanDetail span={span} ownMs={bar?.ownMs} />}
    </li>
  );
}
