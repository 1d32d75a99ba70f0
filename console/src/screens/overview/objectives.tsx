import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { Objective } from '../../api/summary.ts';
import { percent } from '../../ui/format.ts';
import { Meter } from '../../ui/meter.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Status, type Tone } from '../../ui/status.tsx';
import { words } from '../../ui/words.ts';
import classes from './objectives.module.css';

const LITTLE = 0.25;

/** Which SLO is burning its budget? */
export function Objectives({ objectives }: { readonly objectives: readonly Objective[] }) {
  return (
    <Panel
      title="Error budgets"
      about="What is left of six hours"
      actions={
        <Anchor component={Link} to="/alarms" size="sm">
          By window
        </Anchor>
      }
    >
      <ul className={classes['objectives']} aria-label="Objectives">
        {objectives.map(({ name, objective, budget_left: left, burning }) => (
          <li key={name} className={classes['objective']} data-testid={`objective-${name}`}>
            <span>
              {words(name)} <span className="quiet">{percent(objective)}</span>
            </span>
            {burning ? <Status tone="bad">burning</Status> : <span />}
            <span className={classes['figure']}>{percent(left)}</span>
            <Meter label={`Budget left of ${words(name)}`} share={left} tone={toneOf(left, burning)} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function toneOf(left: number, burning: boolean): Tone {
  if (burning || left <= 0) return 'bad';
  return left < LITTLE ? 'warn' : 'accent';
}
