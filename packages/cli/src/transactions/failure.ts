/** How kafka-transactions tells that an answer of the brokers was an error. */
import { KafkaError } from '@ottla/client'
import { ToolError } from '../options/usage-error.ts'
import { errorText } from '../shared/error-text.ts'

export function withMore(message: string): string {
  const [first = '', ...rest] = message.split('\n')
  return [`${first}. Enable debug logging for additional detail.`, ...rest].join('\n')
}

/** Errors of the client become a ToolError that says what was tried. */
export async function telling<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw error instanceof KafkaError ? new ToolError(withMore(`${what}: ${errorText(error)}`)) : error
  }
}
