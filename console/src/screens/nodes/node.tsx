import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="node" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
