import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="live" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
