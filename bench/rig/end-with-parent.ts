/**
 * Preload for a process of this rig: it is asked to stop when its standard input ends, so it goes with the rig however that one
 * ends, `kill -9` included.
 */
const stop = (): void => void process.kill(process.pid, 'SIGTERM');
process.stdin.once('end', stop);
process.stdin.once('error', stop);
process.stdin.resume();
