import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="audit" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
