/** The exit code of a process that a signal ended. */
const CODES: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 }

/** By the reason of the tool's signal, which names that of the system. */
export function stopCode(signal: AbortSignal): number {
  const name = /SIG[A-Z]+/.exec(String(signal.reason))?.[0]
  return CODES[name ?? ''] ?? CODES.SIGINT!
}
