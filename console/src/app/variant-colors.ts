import { defaultVariantColorsResolver, type VariantColorsResolver } from '@mantine/core';

/** Ink on a tint of its own colour, light and dark: Mantine's own is too pale to be read by everybody (WCAG 2.2, 1.4.3). */
const INK: Readonly<Record<string, string>> = {
  teal: 'light-dark(#05603f, var(--mantine-color-teal-2))',
  yellow: 'light-dark(#7a4100, var(--mantine-color-yellow-3))',
  red: 'light-dark(#a61e1e, var(--mantine-color-red-2))',
  gray: 'light-dark(var(--mantine-color-gray-8), var(--mantine-color-gray-3))',
  accent: 'light-dark(var(--mantine-color-accent-9), var(--mantine-color-accent-1))',
};

export const variantColors: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input);
  const ink = input.variant === 'light' || input.variant === 'subtle' ? INK[input.color ?? 'accent'] : undefined;
  return ink === undefined ? colors : { ...colors, color: ink };
};
