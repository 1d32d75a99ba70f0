import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="overview" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
