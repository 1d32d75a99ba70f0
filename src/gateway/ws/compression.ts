import type { ConfigValues } from '../../config/schema.js';
import { deflatedFrame } from '../../protocol/deflate.js';
import { FrameEncoding } from './frame-encoding.js';

/**
 * How frames leave to all connections that negotiated compression: each is compressed once, by itself, so the bytes are the same for
 * everybody. A frame that is too small, or would not become smaller, leaves as it is.
 */
export function compressionOf(config: ConfigValues['gateway']): FrameEncoding {
  const { compressionMinBytes: minBytes, compressionLevel: level } = config;
  return new FrameEncoding((frame) => (frame.length < minBytes ? frame : deflatedFrame(frame, level)));
}
