import { HAProxy } from '../support/reverse-proxy.js';
import { describeBehindProxy } from './behind-proxy.suite.js';

describeBehindProxy('HAProxy', (nodes) => HAProxy.start(nodes));
