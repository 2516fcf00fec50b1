/** One call for each item, side by side; what a broker answers about one leaves the others alone. */
import { BrokerError } from '../errors.ts'
import { done, failed, type Outcome } from './outcome.ts'

/** Outcomes by item. Rejects with what is no broker's answer: no connection, no time left. */
export async function eachOf<T>(
  items: readonly string[],
  call: (item: string) => Promise<T>,
): Promise<Map<string, Outcome<T>>> {
  const outcomes = items.map(async (item) => [item, await attempt(() => call(item))] as const)
  return new Map(await Promise.all(outcomes))
}

/** What a broker answers as data; what is no broker's answer rejects. */
export async function attempt<T>(call: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return done(await call())
  } catch (error) {
    if (error instanceof BrokerError) return failed(error)
    throw error
  }
}
