import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="explain" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
