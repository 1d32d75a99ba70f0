/**
 * Takes `__proto__` from all objects, as Node's `--disable-proto=delete` does, however the program was started: an assignment from
 * parsed JSON can then no longer reach a prototype. Imported before anything else of the program.
 */
Reflect.deleteProperty(Object.prototype, '__proto__');
