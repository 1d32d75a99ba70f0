import { LogClock } from '../support/log-clock.js';
import { freshDatabase } from '../support/postgres.js';
import { describeMessageLog } from './message-log.suite.js';
import { openMessageLog } from './open-message-log.js';

describeMessageLog('PostgresMessageLog', async (config) => {
  const fresh = await freshDatabase();
  // Together, as two nodes that start at the same time.
  const [first, second] = await Promise.all([openMessageLog(fresh.url, config), openMessageLog(fresh.url, config)]);
  const clock = await LogClock.install(first.dataSource);
  return {
    first: first.log,
    second: second.log,
    age: (milliseconds) => clock.advance(milliseconds),
    close: async () => {
      await Promise.all([first.close(), second.close()]);
      await fresh.drop();
    },
  };
});
