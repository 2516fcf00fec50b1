export { transactionRun } from './transaction-run.ts'
export { TRANSACTION_SEEDS } from './transaction-seeds.ts'
export type { TransactionCounts } from './transaction-workload.ts'
