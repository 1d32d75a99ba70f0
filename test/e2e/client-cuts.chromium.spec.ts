import { networkCutSuite } from '../client/network-cuts.suite.js';
import { ChromiumHost } from '../client/probe-host.js';

networkCutSuite('in Chromium', () => ChromiumHost.start());
