/** Where a publish came from, as far as its door knows. Kept with the message, for operators; never sent to subscribers. */
export interface MessageOrigin {
  /** Connection that published, by the socket. */
  readonly connection: string | undefined;
  /** Address of the publisher, as admission saw it; of the database session, for the SQL door. */
  readonly address: string | undefined;
  /** Database role, for the SQL door. */
  readonly role: string | undefined;
  /** Traceparent of the publish's own span, where the message carries the publisher's instead. */
  readonly trace?: string | undefined;
}
