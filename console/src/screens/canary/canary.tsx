import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="canary" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
