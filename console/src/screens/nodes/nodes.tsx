import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="nodes" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
