import { Tooltip, UnstyledButton } from '@mantine/core';
import { count } from '../../ui/format.ts';
import classes from './outcome-bar.module.css';
import { OUTCOME_WORDS, OUTCOMES, type Outcome } from './outcome.ts';
import { sum } from './verdict.ts';
import type { Totals } from './waybill-answer.ts';

interface OutcomeBarProps {
  readonly totals: Totals;
  /** The outcome that the table shows; empty: all. */
  readonly chosen: string;
  readonly onChoose: (outcome: string) => void;
}

/** Recipients by what became of the message, and the choice which of them to list. */
export function OutcomeBar({ totals, chosen, onChoose }: OutcomeBarProps) {
  const present = OUTCOMES.filter((outcome) => (totals[outcome] ?? 0) > 0);
  const all = sum(totals, present);
  const words = present.map((outcome) => `${count(totals[outcome])} ${OUTCOME_WORDS[outcome].label}`).join(', ');
  return (
    <div>
      <div className={classes['bar']} role="img" aria-label={`Recipients by outcome: ${words}`}>
        {present.map((outcome) => (
          <span
            key={outcome}
            className={classes['part']}
            data-outcome={outcome}
            style={{ '--share': totals[outcome] ?? 0 } as Record<string, number>}
          />
        ))}
      </div>
      <div className={classes['legend']} role="group" aria-label="Show recipients by outcome">
        <Choice label="all" value={all} pressed={chosen === ''} onClick={() => onChoose('')} />
        {present.map((outcome) => (
          <Choice
            key={outcome}
            outcome={outcome}
            label={OUTCOME_WORDS[outcome].label}
            value={totals[outcome] ?? 0}
            pressed={chosen === outcome}
            onClick={() => onChoose(chosen === outcome ? '' : outcome)}
          />
        ))}
      </div>
    </div>
  );
}

interface ChoiceProps {
  readonly outcome?: Outcome;
  readonly label: string;
  readonly value: number;
  readonly pressed: boolean;
  readonly onClick: () => void;
}

function Choice({ outcome, label, value, pressed, onClick }: ChoiceProps) {
  const button = (
    <UnstyledButton
      className={classes['choice'] ?? ''}
      aria-pressed={pressed}
      onClick={onClick}
      data-testid={`outcome-${outcome ?? 'all'}`}
    >
      {outcome !== undefined && (
        <span className={`${classes['part'] ?? ''} ${classes['swatch'] ?? ''}`} data-outcome={outcome} aria-hidden />
      )}
      <b className="tabular">{count(value)}</b> {label}
    </UnstyledButton>
  );
  if (outcome === undefined) return button;
  return (
    <Tooltip label={OUTCOME_WORDS[outcome].means} multiline w={280} openDelay={200}>
      {button}
    </Tooltip>
  );
}
