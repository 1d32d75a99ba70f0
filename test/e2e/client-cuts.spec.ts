import { networkCutSuite } from '../client/network-cuts.suite.js';
import { NodeHost } from '../client/probe-host.js';

networkCutSuite('in Node', () => Promise.resolve(new NodeHost()));
