import { Alert } from '@mantine/core';
import { JsonView } from '../../ui/json-view.tsx';
import { Panel } from '../../ui/panel.tsx';

/** What was answered to the last thing that was asked. */
export interface Answer {
  readonly what: string;
  /** Time from asking to the answer, milliseconds. */
  readonly tookMs: number;
  readonly value?: unknown;
  readonly problem?: string;
}

export function AnswerPanel({ answer }: { readonly answer: Answer }) {
  return (
    <Panel title="Answer" about={`${answer.what}, after ${Math.round(answer.tookMs)} ms`}>
      <div role="status" data-testid="test-client-answer">
        {answer.problem === undefined ? <JsonView value={answer.value} /> : <Alert color="red">{answer.problem}</Alert>}
      </div>
    </Panel>
  );
}
