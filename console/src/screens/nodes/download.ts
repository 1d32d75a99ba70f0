import { ApiError } from '../../api/api-error.ts';
import { API } from '../../api/request.ts';
import { csrfToken } from '../../api/session-state.ts';

const HOLD_MS = 60_000;

/** Asks for a file with a change (POST) and hands it to the browser. Resolves with its name. */
export async function download(path: string, body?: unknown): Promise<string> {
  const response = await fetch(`${API}/${path}`, {
    method: 'POST',
    headers: { 'x-csrf-token': csrfToken(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw await refusalOf(response);
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'waybill-download';
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), HOLD_MS);
  return name;
}

async function refusalOf(response: Response): Promise<ApiError> {
  const { code, message } = (await response.json().catch(() => ({}))) as { readonly code?: string; readonly message?: string };
  return new ApiError(code ?? 'NETWORK', message ?? `The gateway answered with ${response.status}.`, response.status);
}
