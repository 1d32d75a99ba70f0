import { SetMetadata } from '@nestjs/common';

export const BARRIER_METADATA = 'waybill:barrier';

/**
 * On an action handler: frames that came after it do not start before it has finished. For actions that change what the following
 * ones may do or see: `auth`, subscribing.
 */
export const Barrier = (): MethodDecorator => SetMetadata(BARRIER_METADATA, true);
