import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="test-client" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
