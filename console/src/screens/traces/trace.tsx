import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="trace" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
