/**
 * What the client may do with a resource, as a bit field (KIP-430): bit n stands for operation n. Without an authorizer everybody may
 * do everything that the resource knows.
 */
const OPERATION = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const

type Operation = keyof typeof OPERATION

const bits = (...operations: Operation[]) => operations.reduce((all, each) => all | (1 << OPERATION[each]), 0)

export const CLUSTER_OPERATIONS = bits(
  'create',
  'clusterAction',
  'describeConfigs',
  'alterConfigs',
  'idempotentWrite',
  'alter',
  'describe',
)

export const TOPIC_OPERATIONS = bits(
  'read',
  'write',
  'create',
  'describe',
  'delete',
  'alter',
  'describeConfigs',
  'alterConfigs',
)

export const GROUP_OPERATIONS = bits('read', 'describe', 'delete', 'describeConfigs', 'alterConfigs')
