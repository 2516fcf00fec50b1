/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** Whether the options are listed after the message. */
  readonly showsOptions: boolean
  /** The words could not be read at all, which some tools tell in another way. */
  readonly isSyntax: boolean

  constructor(message: string, options: { readonly showsOptions?: boolean; readonly isSyntax?: boolean } = {}) {
    super(message)
    this.isSyntax = options.isSyntax ?? false
    this.showsOptions = options.showsOptions ?? !this.isSyntax
  }
}

/** A tool gives up with this message and no more. */
export class ToolError extends Error {
  override readonly name: string = 'ToolError'
}

/** A setting of the client has a value that it cannot have. */
export class SettingError extends ToolError {
  override readonly name = 'SettingError'
}

/** A file that a tool needs cannot be read. */
export class FileError extends ToolError {
  override readonly name = 'FileError'
  readonly path: string
  /** 'there is no such file' */
  readonly reason: string

  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`)
    this.path = path
    this.reason = reason
  }
}
