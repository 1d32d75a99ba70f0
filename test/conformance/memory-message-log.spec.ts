import { MemoryMessageLog } from '../../src/messaging/memory-message-log.js';
import { describeMessageLog } from './message-log.suite.js';

describeMessageLog('MemoryMessageLog', (config) => {
  let offset = 0;
  const log = new MemoryMessageLog(config, () => Date.now() + offset);
  return Promise.resolve({
    first: log,
    second: log,
    age: (milliseconds) => {
      offset += milliseconds;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
});
