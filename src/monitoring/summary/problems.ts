import type { Found } from '../alarms/condition.js';
import { conditionsOf } from '../alarms/conditions.js';

/**
 * What is wrong, worst first, in sentences for somebody who was woken by it: of the one list that alarms are made of, what is wrong as soon
 * as it is so, and what has been so for long enough. `isAlarm`: whether there is an alarm of this name.
 */
export function problemsOf(found: Found, isAlarm: (name: string) => boolean = () => false): readonly string[] {
  return conditionsOf(found)
    .filter(({ atOnce, name }) => atOnce || isAlarm(name))
    .map(({ summary }) => summary);
}
