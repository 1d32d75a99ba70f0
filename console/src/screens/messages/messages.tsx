import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="messages" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
