/** One run of transactions over the lives of a broker. Everything follows from the seed. */
import type { CrashPlan } from '../crash/crash-plan.ts'
import { type CrashRunOptions, type LivesResult, runLives } from '../crash/crash-run.ts'
import { type TransactionCounts, TransactionWorkload } from './transaction-workload.ts'

/** Rejects with SimulationError, whose cause is a Violation when the broker broke a promise. */
export function transactionRun(options: CrashRunOptions): Promise<LivesResult & TransactionCounts> {
  const { mutant = {} } = options
  const adapt = (plan: CrashPlan): CrashPlan => withTransactions(mutant.adapt?.(plan) ?? plan)
  return runLives({ ...options, mutant: { ...mutant, adapt } }, (...world) => new TransactionWorkload(...world))
}

function withTransactions(plan: CrashPlan): CrashPlan {
  const settings = {
    ...plan.settings,
    'transaction.state.log.num.partitions': '2',
    'transaction.state.log.segment.bytes': '1048576',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
  }
  return { ...plan, settings }
}
