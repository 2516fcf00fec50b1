/** The APIs that a client may call: those of the listeners of brokers. */
import { API_KEYS, type Api, apiOf } from '@ottla/protocol'

export function clientApis(): Api[] {
  return Object.values(API_KEYS)
    .map((key) => apiOf(key))
    .filter((api) => api !== undefined)
    .filter(({ listeners, removed }) => listeners.includes('broker') && !removed)
}
