/** Channels of Node's own diagnostics_channel, where tools look for them. */
import { channel } from 'node:diagnostics_channel'
import type { Diagnostics } from '../diagnostics.ts'

export const nodeDiagnostics: Diagnostics = { channel: (name) => channel(name) }
