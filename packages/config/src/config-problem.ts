/** What is wrong with a setting, as data. */

/** A value that a setting cannot have. `message` is one sentence in Kafka's form that names key, value and expectation. */
export interface ValueProblem {
  readonly key: string
  readonly value: string | null
  readonly expected: string
  readonly message: string
}

/** A fault in a file of settings, with the place. `line` counts from 1; 0 when the setting came from the command line. */
export interface ConfigProblem extends ValueProblem {
  readonly file: string
  readonly line: number
}

/** Something to tell the user that does not stop the start. */
export interface ConfigNotice {
  readonly level: 'info' | 'warn'
  readonly key: string
  readonly message: string
}

/** A problem about one value. `expected` ends the sentence. */
export function valueProblem(key: string, value: string | null, expected: string): ValueProblem {
  return { key, value, expected, message: `Invalid value ${value} for configuration ${key}: ${expected}` }
}
