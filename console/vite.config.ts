import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The gateway writes another nonce into each page in the place of this word. */
const NONCE = '__WAYBILL_NONCE__';

export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [react()],
  html: { cspNonce: NONCE },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // The first that know light-dark().
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Every file is one of its own: a policy that allows no data: scripts stays simple.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Kilobytes. One file for what every screen needs; a test holds the compressed sum of a first visit.
    chunkSizeWarningLimit: 800,
  },
  // `npm run dev -w console` beside a gateway: the page's own origin is what the gateway's session wants to see.
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8080' }, '/ws': { target: 'ws://127.0.0.1:8080', ws: true } } },
});
