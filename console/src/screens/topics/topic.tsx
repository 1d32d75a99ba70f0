import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="topic" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
