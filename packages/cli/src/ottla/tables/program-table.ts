/** What `ottla` does about itself. */
import type { CommandSpec } from '../command.ts'

export const PROGRAM_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'completion',
    summary: 'Prints the script by which a shell completes commands, topics and groups',
    arguments: [{ name: 'SHELL', description: 'Which one.', choices: ['bash', 'zsh', 'fish'] }],
    examples: [
      { says: 'In ~/.bashrc', line: 'eval "$(ottla completion bash)"' },
      { says: 'In ~/.zshrc, after compinit', line: 'eval "$(ottla completion zsh)"' },
      { says: 'Once, for fish', line: 'ottla completion fish > ~/.config/fish/completions/ottla.fish' },
    ],
    isLocal: true,
    load: () => import('../completion/completion.ts'),
  },
  {
    name: 'complete',
    summary: 'What the scripts of the shells ask',
    arguments: [
      { name: 'WORD', description: 'What has been typed behind `ottla`.', isOptional: true, isRepeated: true },
    ],
    isHidden: true,
    isLocal: true,
    load: () => import('../completion/complete.ts'),
  },
  {
    name: 'help',
    summary: 'Explains a command',
    arguments: [
      {
        name: 'COMMAND',
        description: 'Its words. Default: all commands.',
        isOptional: true,
        isRepeated: true,
        completes: 'command',
      },
    ],
    isLocal: true,
    load: () => import('../docs/help-command.ts'),
  },
  {
    name: 'version',
    summary: 'Shows the version',
    json: '{ottla, kafka, node}',
    isLocal: true,
    load: () => import('../docs/version.ts'),
  },
]
