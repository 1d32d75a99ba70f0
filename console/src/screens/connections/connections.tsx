import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="connections" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
