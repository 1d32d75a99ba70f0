/** The nonce that the gateway gave this page: styles that Mantine writes carry it. A browser hides the attribute, not the property. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

/** The parts of Mantine that hold the page still under a dialog look for the nonce under this name. */
export function giveNonceToDialogs(): void {
  Object.assign(globalThis, { __webpack_nonce__: styleNonce() });
}
