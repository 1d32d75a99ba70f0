import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="traces" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
