/** Groups of files that import one another in a ring (Tarjan's strongly connected components), each in a stable order. */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const cycles: string[][] = [];

  function visit(node: string): void {
    order.set(node, order.size);
    lowest.set(node, order.get(node) as number);
    stack.push(node);
    open.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) {
        visit(next);
        lowest.set(node, Math.min(lowest.get(node) as number, lowest.get(next) as number));
      } else if (open.has(next)) {
        lowest.set(node, Math.min(lowest.get(node) as number, order.get(next) as number));
      }
    }
    if (lowest.get(node) !== order.get(node)) return;
    const component = stack.splice(stack.indexOf(node));
    for (const member of component) open.delete(member);
    if (component.length > 1 || graph.get(node)?.includes(node) === true) cycles.push(component.toSorted());
  }

  for (const node of [...graph.keys()].toSorted()) if (!order.has(node)) visit(node);
  return cycles;
}
