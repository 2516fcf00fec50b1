/** Guards the part of a raw handler that runs after its request was handed over: nobody above it would catch what it throws. */
import type { ServerRequest } from '@ottla/net'
import { AssertionError } from '@ottla/stdx'
import type { RequestContext } from './request-context.ts'

/** Runs `answer`; a fault of the broker closes the connection, a broken invariant ends the process. */
export function guarded(context: RequestContext, exchange: ServerRequest, answer: () => void): void {
  try {
    answer()
  } catch (error) {
    if (error instanceof AssertionError) {
      context.broker.fatal(error)
      return
    }
    context.broker.logger.error('request failed', { apiKey: context.apiKey, error })
    exchange.fail('the request could not be answered')
  }
}
