/** The nonce that the gateway gave this page: styles that Mantine writes carry it. A browser hides the attribute, not the property. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
