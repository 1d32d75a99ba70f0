import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="connection" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
