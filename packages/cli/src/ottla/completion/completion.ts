/** `ottla completion SHELL`. */
import type { Invocation } from '../command.ts'
import { COMPLETION_SCRIPTS, type Shell } from './scripts.ts'

export async function run({ args, io }: Invocation): Promise<void> {
  io.stdout.write(COMPLETION_SCRIPTS[args.required('SHELL') as Shell])
}
