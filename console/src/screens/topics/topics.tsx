import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="topics" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
