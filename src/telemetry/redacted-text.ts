/** Stands where a credential stood. */
export const REDACTED = '[redacted]';

/** Credentials inside other text: JSON web tokens, authorization values, bearer subprotocols, query parameters, cookies, API keys, passwords in URLs. */
const SECRET_TEXT: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\beyJ[\w-]{4,}\.[\w-]*\.?[\w-]*/g, REDACTED],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${REDACTED}`],
  [/\bbearer\.[\w-]{8,}/g, `bearer.${REDACTED}`],
  [/([?&](?:ticket|token|access_token|api_key|key)=)[^&\s"']+/gi, `$1${REDACTED}`],
  [/(waybill_session=)[\w-]+/g, `$1${REDACTED}`],
  [/\bwbk_[\w-]{20,}/g, REDACTED],
  [/(:\/\/[^\s:/@]+:)[^\s@/]+@/g, `$1${REDACTED}@`],
];

/** Some part of every text that a pattern above matches: most texts hold none of them. */
const SUSPECT = /eyJ|bearer|basic|(?:ticket|token|key|session)=|wbk_|:\/\//i;

/** The text without credentials. */
export function redactText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return SECRET_TEXT.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}
