/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** Whether the options are listed after the message. */
  readonly showsOptions: boolean

  constructor(message: string, options: { readonly showsOptions?: boolean } = {}) {
    super(message)
    this.showsOptions = options.showsOptions ?? true
  }
}

/** A tool gives up with this message and no more. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}
