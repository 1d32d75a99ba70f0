/** Why the database part cannot start, as a sentence that says what to do. Shown to the operator as it is, without a stack. */
export class StorageStartError extends Error {
  override readonly name = 'StorageStartError';
}
