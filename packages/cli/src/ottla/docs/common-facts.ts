/** What all commands have in common, for man pages and the guide. */

export const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['OTTLA_BOOTSTRAP_SERVERS', 'Brokers to ask first, HOST:PORT,HOST:PORT.'],
  ['OTTLA_CONTEXT', 'The context to use, instead of the one that `ottla use` chose.'],
  ['XDG_CONFIG_HOME', 'Where contexts are kept, in ottla/config.json. Default: ~/.config.'],
  ['NO_COLOR', 'No colours, if it is not empty.'],
  ['FORCE_COLOR', 'Colours even where no terminal is.'],
]

export const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'It is done.'],
  ['1', 'It failed; standard error says why.'],
  ['2', 'The command line is wrong.'],
  ['130', 'It was interrupted (Ctrl-C).'],
]

export const PRECEDENCE =
  'A command talks to the brokers of --bootstrap-server, else of --context, else of OTTLA_BOOTSTRAP_SERVERS, else of OTTLA_CONTEXT, else of the context that `ottla use` chose, else to localhost:9092. ' +
  'Client properties (security.protocol, sasl.*, ssl.*) are those of the context that was named by --context or OTTLA_CONTEXT; those of the context in use count only where nothing else names the servers, so that passwords of one cluster are never sent to another. --command-config and --property add to them.'

export const OUTPUT =
  'On a terminal there are colours, tables that fit its width, and progress bars on standard error. Elsewhere the same text comes without colours, and nothing is cut. --json prints what a program needs: one value, or a line for each where values come one by one; its shape is stable.'
