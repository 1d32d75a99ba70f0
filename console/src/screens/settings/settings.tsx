import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="settings" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
