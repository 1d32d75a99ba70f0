import '@mantine/core/styles.css';
import 'uplot/dist/uPlot.min.css';
import './console.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Console } from './app/console.tsx';
import { giveNonceToDialogs } from './app/nonce.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
giveNonceToDialogs();
createRoot(root).render(
  <StrictMode>
    <Console />
  </StrictMode>,
);
