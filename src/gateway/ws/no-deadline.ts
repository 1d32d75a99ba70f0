import { SetMetadata } from '@nestjs/common';

export const NO_DEADLINE_METADATA = 'waybill:no_deadline';

/**
 * On an action handler: it has no deadline of the gateway's. For publishes, whose own rules say how they end: a reply
 * `DEADLINE_EXCEEDED` would hide that the message may have been stored.
 */
export const NoDeadline = (): MethodDecorator => SetMetadata(NO_DEADLINE_METADATA, true);
