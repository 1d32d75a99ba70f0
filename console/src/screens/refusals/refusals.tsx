import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="refusals" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
