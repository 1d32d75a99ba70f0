import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="access" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
