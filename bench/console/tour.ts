import type { Page } from 'playwright-core';
import type { Visit } from './visit.ts';

/** A screen, and what somebody does there. */
export interface Stop {
  readonly screen: string;
  readonly path: string;
  readonly use: (page: Page) => Promise<void>;
}

/** What a tour needs to be there. */
export interface Sights {
  /** Somebody who is connected. */
  readonly user: string;
  readonly topic: string;
  /** Id of a probe of a busy topic. */
  readonly probe: string;
  /** How long each screen is left to change by itself, milliseconds; figures come again every second to every five. */
  readonly watchedMs: number;
}

/** The screens that grow with connections and traffic. */
export function tourOf({ user, topic, probe, watchedMs }: Sights): readonly Stop[] {
  const watch = (page: Page): Promise<void> => page.waitForTimeout(watchedMs);
  return [
    { screen: 'overview', path: 'overview', use: watch },
    {
      screen: 'connections',
      path: 'connections',
      use: async (page) => {
        await rows(page, 'Connections');
        for (const column of ['User', 'Opened', 'Queued'])
          await afterAnswer(page, () => page.getByRole('button', { name: column, exact: true }).click());
        for (let turn = 0; turn < 3; turn += 1) await afterAnswer(page, () => page.getByRole('button', { name: 'Next page' }).click());
        await page.getByLabel('User', { exact: true }).fill(user);
        await afterAnswer(page, () => page.getByLabel('User', { exact: true }).press('Enter'));
        await page.getByRole('row').filter({ hasText: user }).first().waitFor();
        await watch(page);
      },
    },
    {
      screen: 'topics',
      path: 'topics',
      use: async (page) => {
        await rows(page, 'Topics');
        await watch(page);
      },
    },
    {
      screen: 'a topic',
      path: `topics/${topic}`,
      use: watch,
    },
    { screen: 'slow', path: 'slow', use: watch },
    {
      screen: 'live',
      path: `live/${probe}`,
      use: async (page) => {
        await page.getByText('handed to').first().waitFor();
        await watch(page);
      },
    },
  ];
}

export async function openAndUse(visit: Visit, { path, use }: Stop): Promise<void> {
  await visit.open(path);
  await visit.page.getByRole('heading', { level: 1 }).first().waitFor();
  await use(visit.page);
}

async function rows(page: Page, label: string): Promise<void> {
  await page.getByRole('table', { name: label }).locator('tbody tr[data-link]').first().waitFor();
}

async function afterAnswer(page: Page, act: () => Promise<void>): Promise<void> {
  const answered = page.waitForResponse((response) => response.url().includes('/api/v1/ops/connections?') && response.ok());
  await act();
  await answered;
}
