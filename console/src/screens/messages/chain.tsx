import { IconCheck, IconClock, IconMinus, IconX } from '@tabler/icons-react';
import { Time } from '../../ui/time.tsx';
import classes from './chain.module.css';
import { type Step, stepTitle, stepTone } from './explanation.ts';

const MARKS = { good: IconCheck, warn: IconClock, bad: IconX, quiet: IconMinus, accent: IconMinus };

/** What was looked at, from the message to the socket, and what was found there. */
export function Chain({ steps, user }: { readonly steps: readonly Step[]; readonly user: string }) {
  return (
    <ol className={classes['chain']} aria-label="Chain of decisions">
      {steps.map((step, place) => (
        <Link key={`${step.step} ${String(place)}`} step={step} user={user} />
      ))}
    </ol>
  );
}

function Link({ step: { step, result, detail, at }, user }: { readonly step: Step; readonly user: string }) {
  const tone = stepTone({ step, result });
  const Mark = MARKS[tone];
  return (
    <li className={classes['step']} data-tone={tone}>
      <span className={classes['mark']} aria-hidden>
        <Mark size={13} stroke={2.2} />
      </span>
      <div>
        <div className={classes['title']}>{stepTitle(step)}</div>
        <div className={classes['result']}>
          {result.replaceAll('_', ' ')}
          {at !== undefined && (
            <>
              {', '}
              <Time at={at} />
            </>
          )}
        </div>
      </div>
      <div className={classes['detail']}>{asSentence(detail, user)}</div>
    </li>
  );
}

/** Begins with a capital, unless with the id of a user, which stands as it is. */
function asSentence(detail: string, user: string): string {
  return detail.startsWith(user) ? detail : detail.slice(0, 1).toUpperCase() + detail.slice(1);
}
