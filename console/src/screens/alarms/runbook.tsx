import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="runbook" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
