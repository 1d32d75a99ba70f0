/** `event_loop` as somebody says it: `Event loop`. */
export function words(name: string): string {
  const text = name.replaceAll('_', ' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** `1 connection`, `2 connections`. */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? thing : things}`;
}
