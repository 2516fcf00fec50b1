/** What the verifiable tools print: one JSON object per line, which Kafka's system tests read. */
import { type Io, printLine } from '../io.ts'

/** Prints the event with the time and its name in front. Fields that are undefined are left out. */
export function printEvent(io: Io, name: string, fields: object = {}): void {
  printLine(io.stdout, JSON.stringify({ timestamp: io.env.clock.now(), name, ...fields }))
}

/** A text, or nothing. */
export function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('utf8')
}
