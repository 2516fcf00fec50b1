/** What every tool is asked. */

export const HELP = ['--help', '', '--version', '--bogus', '--bootstrap-server']

/**
 * The address of the broker, in all the ways in which it can be wrong. `rest`: what makes the command complete; `hurry`: an option that has it give up
 * soon. */
export function addresses(rest, hurry = '') {
  return [
    rest,
    `--bootstrap-server $DEAD $F ${rest}${hurry}`,
    `--bootstrap-server nonsense ${rest}`,
    `--bootstrap-server $S --bootstrap-server $S ${rest}`,
    `$B --command-config $DIR/missing.properties ${rest}`,
  ]
}
