/** The options of a tool, as a table. */

export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string
  /** None: the option is a switch. */
  readonly argument?: {
    /** What stands for it in the help: `topic`. */
    readonly label: string
    readonly type?: 'String' | 'Integer' | 'Long'
    /** The argument may be left out. */
    readonly isOptional?: boolean
  }
  readonly description: string
  readonly default?: string
  /** Understood, but not shown. */
  readonly isHidden?: boolean
}

export type OptionTable = readonly OptionSpec[]
