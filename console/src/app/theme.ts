import { createTheme, type MantineColorsTuple } from '@mantine/core';
import { variantColors } from './variant-colors.ts';

/** The one accent colour. Green, amber and red are kept for what they say. */
const accent: MantineColorsTuple = [
  '#eef3ff',
  '#dce5fb',
  '#b7c8f4',
  '#8fa9ed',
  '#6d8fe7',
  '#577de4',
  '#3f6ae0',
  '#2b5fd9',
  '#1f50c2',
  '#1545ab',
];

export const theme = createTheme({
  colors: { accent },
  primaryColor: 'accent',
  variantColorResolver: variantColors,
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: 'sm',
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.25rem' }, h2: { fontSize: '1rem' }, h3: { fontSize: '0.875rem' } } },
});
