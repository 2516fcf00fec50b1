/** The command line of `ottla` is wrong: exit code 2. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem'
}

/** A command cannot do what it was asked for: exit code 1. The hint says what to try. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly hint: string | undefined

  constructor(message: string, options: { readonly hint?: string | undefined; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.hint = options.hint
  }
}
