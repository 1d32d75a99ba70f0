/**
 * Whether a token is meant for access. Issuers sign ID, refresh and challenge tokens with the same keys, so a good signature is not enough
 * (RFC 8725 sections 3.11 and 3.12). A token may leave its type out; what it does say must say access.
 */
export function isAccessToken(header: Readonly<Record<string, unknown>>, payload: Readonly<Record<string, unknown>>): boolean {
  return (
    headerAllows(header['typ']) &&
    Object.entries(MARKS).every(([claim, accepted]) => payload[claim] === undefined || isOneOf(payload[claim], accepted)) &&
    !ID_TOKEN_CLAIMS.some((claim) => payload[claim] !== undefined)
  );
}

/** Type of the tokens that this gateway mints (RFC 9068 section 2.1). */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

const HEADER_TYPES = ['jwt', ACCESS_TOKEN_TYPE];
/** Claims by which well-known issuers tell their tokens apart: Keycloak `typ`, Cognito `token_use`, and our own `purpose`. */
const MARKS: Readonly<Record<string, readonly string[]>> = {
  typ: ['bearer', 'jwt', ACCESS_TOKEN_TYPE],
  token_use: ['access'],
  purpose: ['access'],
};
/** Only ID tokens have these (OpenID Connect Core sections 3.1.3.6 and 3.3.2.11). */
const ID_TOKEN_CLAIMS = ['at_hash', 'c_hash'];

/** Media types compare without case, and `application/` may be left out (RFC 7515 section 4.1.9). */
function headerAllows(type: unknown): boolean {
  return type === undefined || (typeof type === 'string' && HEADER_TYPES.includes(type.toLowerCase().replace(/^application\//, '')));
}

function isOneOf(value: unknown, accepted: readonly string[]): boolean {
  return typeof value === 'string' && accepted.includes(value.toLowerCase());
}
