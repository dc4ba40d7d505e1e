/** The variables that every execution gets from its node; a spec cannot set them. */
export const injectedNames: readonly string[] = [
  'EDGE_EXECUTION_ID',
  'EDGE_JOB_ID',
  'EDGE_JOB_TYPE',
  'EDGE_NODE_NAME',
  'EDGE_PARTITION_INDEX',
  'EDGE_PARTITION_COUNT',
] satisfies readonly InjectedName[]

export type InjectedName =
  `EDGE_${'EXECUTION_ID' | 'JOB_ID' | 'JOB_TYPE' | 'NODE_NAME' | 'PARTITION_INDEX' | 'PARTITION_COUNT'}`
