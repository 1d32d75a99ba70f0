import { MemoryTicketShelf } from '../../src/auth/memory-ticket-shelf.js';
import { describeTicketShelf } from './ticket-shelf.suite.js';

describeTicketShelf('memory', async () => {
  const shelf = new MemoryTicketShelf();
  return { nodes: [shelf, shelf], close: async () => undefined };
});
