import type { ConnectionView } from '../messaging/gateway-control.js';

const KEPT = 1_000;

/** The last connections of a door that ended, as they stood then: for whoever asks why. */
export class RecentlyClosed {
  private readonly views: ConnectionView[] = [];

  remember(view: ConnectionView): void {
    this.views.push(view);
    if (this.views.length > KEPT) this.views.shift();
  }

  all(): readonly ConnectionView[] {
    return this.views;
  }

  find(id: string): ConnectionView | undefined {
    return this.views.find((view) => view.id === id);
  }
}
