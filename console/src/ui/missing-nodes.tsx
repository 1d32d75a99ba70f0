import { Alert } from '@mantine/core';

/** A node of which an answer says nothing, as every answer of all nodes names it. */
export interface MissingNode {
  readonly node: string;
  readonly reason: string;
  /** The second half of a sentence that begins with the node's name. */
  readonly says: string;
}

/** Says who did not answer, so that nobody takes the rest for everything. Nothing where all did. */
export function MissingNodes({ missing }: { readonly missing: readonly MissingNode[] | undefined }) {
  if (missing === undefined || missing.length === 0) return null;
  return (
    <Alert color="yellow" role="status" data-testid="missing-nodes">
      {missing.map(({ node, says }) => (
        <div key={node} className="breakable">
          <b>{node}</b> {says}: nothing of it is shown or counted here.
        </div>
      ))}
    </Alert>
  );
}
