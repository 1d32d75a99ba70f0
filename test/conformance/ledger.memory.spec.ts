import { MemoryLedgerStore } from '../../src/messaging/ledger/memory-ledger-store.js';
import { MemoryLedger } from '../../src/messaging/ledger/memory-ledger.js';
import { HandMadeReceipts } from '../support/hand-made-receipts.js';
import { describeLedger } from './ledger.suite.js';

describeLedger('MemoryLedger', () => {
  const store = new MemoryLedgerStore();
  const running = new Map<string, MemoryLedger>();
  return Promise.resolve({
    start: (node) => {
      const former = running.get(node);
      if (former !== undefined) store.lose(former.run, Date.now());
      const ledger = new MemoryLedger(store, node);
      running.set(node, ledger);
      const open = new HandMadeReceipts();
      ledger.follow(open);
      const done = (): Promise<void> => Promise.resolve();
      const end = (): Promise<void> => {
        running.delete(node);
        return ledger.close();
      };
      return Promise.resolve({ ledger, reader: ledger, open, settle: () => Promise.resolve(ledger.checkpoint()), end, kill: done });
    },
    close: () => Promise.resolve(),
  });
});
