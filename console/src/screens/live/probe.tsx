import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="probe" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
