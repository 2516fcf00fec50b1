/** What the doctor found: good or bad, why it matters, and what to do. */

export type Severity = 'error' | 'warning' | 'note' | 'ok'

export interface Finding {
  readonly severity: Severity
  /** Stable, for programs: `advertised-listener-unreachable`. */
  readonly id: string
  readonly what: string
  /** Null where it goes without saying. */
  readonly why: string | null
  readonly fix: string | null
}

export function ok(id: string, what: string): Finding {
  return { severity: 'ok', id, what, why: null, fix: null }
}

export function note(id: string, what: string, why: string | null = null): Finding {
  return { severity: 'note', id, what, why, fix: null }
}

export function problem(
  severity: 'error' | 'warning' | 'note',
  id: string,
  texts: { readonly what: string; readonly why: string; readonly fix: string },
): Finding {
  return { severity, id, ...texts }
}

/** `a, b, c and 4 more`. */
export function someOf(names: readonly string[], limit = 5): string {
  const shown = names.slice(0, limit).join(', ')
  return names.length > limit ? `${shown} and ${names.length - limit} more` : shown
}
