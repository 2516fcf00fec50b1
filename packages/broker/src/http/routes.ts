/** What the HTTP listener answers. Loaded with the first request. */

import type { HttpAnswer, HttpRequest } from '@ottla/env'
import { PROMETHEUS_TEXT, prometheusText } from '@ottla/stdx'
import type { BrokerContext } from '../broker-context.ts'
import { METRICS_TABLE } from '../metrics/metrics-table.ts'
import { type BrokerPhase, type Health, liveness, readiness } from './health.ts'

/** The broker as it is now; null before its services are there. */
export interface HttpSubject {
  readonly phase: () => BrokerPhase
  readonly broker: () => BrokerContext | null
}

type Route = (subject: HttpSubject) => HttpAnswer | Promise<HttpAnswer>

/** By path. */
const ROUTES: Readonly<Record<string, Route>> = {
  '/': () => text(200, `${Object.keys(ROUTES).join('\n')}\n`),
  '/metrics': metrics,
  '/health/live': ({ phase }) => health(liveness(phase())),
  '/health/ready': ({ phase, broker }) => health(readiness(phase(), broker())),
}

export async function answer({ method, path }: HttpRequest, subject: HttpSubject): Promise<HttpAnswer> {
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined
  if (route === undefined) return text(404, 'there is nothing here\n')
  if (method !== 'GET' && method !== 'HEAD')
    return { ...text(405, 'only GET and HEAD\n'), headers: { allow: 'GET, HEAD' } }
  return route(subject)
}

async function metrics({ broker: current }: HttpSubject): Promise<HttpAnswer> {
  const broker = current()
  if (broker === null) return text(503, 'the broker is starting\n')
  const { env } = broker
  const source = { broker, figures: env.processFigures?.() ?? null }
  const body = await prometheusText(METRICS_TABLE, source, {
    monotonic: () => env.clock.monotonic(),
    pause: () =>
      new Promise((resolve) => {
        env.timers.after(0, resolve)
      }),
  })
  return { status: 200, headers: { 'content-type': PROMETHEUS_TEXT, 'cache-control': 'no-store' }, body }
}

function health({ isOk, reasons, details }: Health): HttpAnswer {
  return {
    status: isOk ? 200 : 503,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: `${JSON.stringify({ status: isOk ? 'ok' : 'not ok', reasons, ...details })}\n`,
  }
}

function text(status: number, body: string): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
}
