/** The options of a tool, as a table. */

export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string
  /** None: the option is a switch. */
  readonly argument?: {
    /** What stands for it in the help: `topic`. */
    readonly label: string
    readonly type?: 'String' | 'Integer' | 'Long'
    /** In place of the type in the help: `[PREFERRED,UNCLEAN]`. */
    readonly typeLabel?: string
    /** The argument may be left out. */
    readonly isOptional?: boolean
  }
  readonly description: string
  readonly default?: string
  /** Understood, but not shown. */
  readonly isHidden?: boolean
  /** Marked in the help, and missed before anything else is. */
  readonly isRequired?: boolean
  /** One letter, without its dash. */
  readonly short?: string
  /** May be repeated, in tools with sub-commands; there the last of the others wins. */
  readonly isMany?: boolean
  /** In tools with sub-commands: no two of the options that say so go together. */
  readonly isAlternative?: boolean
}

export type OptionTable = readonly OptionSpec[]
