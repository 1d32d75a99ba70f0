const LEAST = 12;
const LEAST_DIFFERENT = 5;

/** What is wrong with a new password, by the gateway's rules; undefined where nothing is, or nothing was entered. */
export function passwordProblem(password: string): string | undefined {
  if (password === '') return undefined;
  if (password.length < LEAST) return `At least ${LEAST} characters.`;
  return new Set(password).size < LEAST_DIFFERENT ? `At least ${LEAST_DIFFERENT} different characters.` : undefined;
}
