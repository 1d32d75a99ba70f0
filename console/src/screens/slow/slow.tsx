import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="slow" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
