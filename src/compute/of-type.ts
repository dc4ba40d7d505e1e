/** The adapter of this type, when the node has it. */
export function ofType<Adapter extends { readonly type: string }>(
  adapters: readonly Adapter[],
  type: string,
): Adapter | undefined {
  return adapters.find((adapter) => adapter.type === type)
}
