import { Nginx } from '../support/reverse-proxy.js';
import { describeBehindProxy } from './behind-proxy.suite.js';

describeBehindProxy('nginx', (nodes) => Nginx.start(nodes));
