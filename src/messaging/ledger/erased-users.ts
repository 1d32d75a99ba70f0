/** Users who were erased lately, by whom nothing is known but a hash. */
export interface ErasedUsers {
  /** What a user began until then is erased, milliseconds since the epoch; undefined: they are not among them. */
  until(user: string): number | undefined;
}

/** One user whose name is known, because this node erases them. */
export function erasedUser(name: string, until: number): ErasedUsers {
  return { until: (user) => (user === name ? until : undefined) };
}

/** Whether something of a user that began at a time, milliseconds since the epoch, is to be gone. */
export function isErased(erased: ErasedUsers, user: string | undefined, at: number): boolean {
  return user !== undefined && at <= (erased.until(user) ?? -Infinity);
}
