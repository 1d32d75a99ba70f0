import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="alarms" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
