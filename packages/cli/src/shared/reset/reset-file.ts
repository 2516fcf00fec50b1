/** `--from-file`: offsets as `--export` writes them, `topic,partition,offset` or `group,topic,partition,offset`. */
import { resolve } from 'node:path'
import { FileSystemError } from '@ottla/env'
import { ToolError } from '../../options/usage-error.ts'
import type { GroupCommand } from '../group-command.ts'
import type { NewOffset } from './new-offset.ts'
import { withinRange } from './reset-spec.ts'

/** The offsets that the file has for the group. Throws ToolError. */
export async function readResetPlan(group: string, path: string, command: GroupCommand): Promise<NewOffset[]> {
  const { io } = command
  let text: string
  try {
    text = io.env.files.readFileSync(resolve(io.workingDirectory, path)).toString('utf8')
  } catch (error) {
    if (error instanceof FileSystemError) throw new ToolError(`java.io.IOException: Unable to read file ${path}`)
    throw error
  }
  return await withinRange(parseResetPlan(text, group), command)
}

export function parseResetPlan(text: string, group: string): NewOffset[] {
  const offsets: NewOffset[] = []
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '') return
    const fields = line.split(',').map((field) => field.trim())
    const named = fields.length === 4 ? fields.shift() : group
    const [topic = '', partition = '', offset = ''] = fields
    if (fields.length !== 3 || !/^\d+$/.test(partition) || !/^-?\d+$/.test(offset)) {
      throw new ToolError(`Line ${index + 1} is not topic,partition,offset: ${line}`)
    }
    if (named === group) offsets.push({ topic, partition: Number(partition), offset: Number(offset) })
  })
  return offsets
}
