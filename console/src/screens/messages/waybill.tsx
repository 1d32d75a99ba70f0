import { ScreenFrame } from '../../ui/screen.tsx';

export function Screen() {
  return (
    <ScreenFrame title="waybill" equivalents={[]}>
      {null}
    </ScreenFrame>
  );
}
