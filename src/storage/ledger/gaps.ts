/** Spans that are told apart; of more, those nearest to one another become one. */
const MOST = 64;

/** Milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Times of which records were dropped: few spans, which never forget a time, only say more than was lost. */
export class Gaps {
  private spans: readonly Span[] = [];

  get all(): readonly Span[] {
    return this.spans;
  }

  /** As the database keeps them: from, to, from, to. */
  get flat(): readonly number[] {
    return this.spans.flatMap(({ from, to }) => [from, to]);
  }

  add(from: number, to: number): void {
    const [last] = this.spans.slice(-1);
    // While much is dropped, one grows.
    if (last !== undefined && from >= last.from && from <= last.to) {
      if (to > last.to) this.spans = [...this.spans.slice(0, -1), { from: last.from, to }];
      return;
    }
    const sorted = [...this.spans, { from, to }].toSorted((left, right) => left.from - right.from);
    this.spans = bounded(joined(sorted));
  }
}

function joined(sorted: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of sorted) {
    const last = result.at(-1);
    if (last !== undefined && span.from <= last.to) result[result.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else result.push(span);
  }
  return result;
}

function bounded(spans: Span[]): readonly Span[] {
  while (spans.length > MOST) {
    let nearest = 0;
    const distance = (place: number): number => (spans[place + 1] as Span).from - (spans[place] as Span).to;
    for (let place = 1; place < spans.length - 1; place += 1) if (distance(place) < distance(nearest)) nearest = place;
    const [left, right] = spans.slice(nearest, nearest + 2) as [Span, Span];
    spans.splice(nearest, 2, { from: left.from, to: right.to });
  }
  return spans;
}
