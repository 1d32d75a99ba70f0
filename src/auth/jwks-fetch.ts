import { JwksFailure } from './jwks-failure.js';

export interface JwksFetchLimits {
  readonly timeoutMs: number;
  /** Largest body that is read. */
  readonly bytes: number;
}

/**
 * Fetches the text of a key set: one request, no redirects, a deadline over all of it, a bounded body. Rejects with `JwksFailure`,
 * whose message holds nothing of the answer or the address.
 */
export async function fetchKeySet(url: string, { timeoutMs, bytes }: JwksFetchLimits): Promise<string> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new JwksFailure('status', `its endpoint answered ${response.status} instead of 200; redirects are not followed`);
    }
    return await textWithin(response, bytes);
  } catch (error) {
    if (error instanceof JwksFailure) throw error;
    if (error instanceof Error && error.name === 'TimeoutError')
      throw new JwksFailure('timeout', `its endpoint did not answer within ${timeoutMs} ms`);
    throw new JwksFailure('unreachable', `its endpoint cannot be reached (${reasonOf(error)})`);
  }
}

async function textWithin(response: Response, bytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the body.
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > bytes) throw new JwksFailure('too_big', `it is larger than ${bytes} bytes (WAYBILL_JWKS_BYTES)`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The code of the network's error: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code: unknown = cause instanceof Error ? (cause as { readonly code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : 'network error';
}
