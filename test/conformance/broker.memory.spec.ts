import { MemoryBroker } from '../../src/broker/memory-broker.js';
import { MemoryBus } from '../../src/broker/memory-bus.js';
import { describeBroker } from './broker.suite.js';

describeBroker('MemoryBroker', async () => {
  const bus = new MemoryBus();
  const [first, second] = [new MemoryBroker(bus), new MemoryBroker(bus)];
  return {
    first,
    second,
    close: async () => {
      await first.close();
      await second.close();
    },
  };
});
