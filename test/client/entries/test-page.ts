/** What the tests call in the page, by the one name that it has there. */
import { ClientProbe } from '../client-probe.js';

Object.assign(globalThis, { ClientProbe });
