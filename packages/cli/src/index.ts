export type { Io, Output } from './io.ts'
export { EXIT } from './server/exit-codes.ts'
export type { Run } from './tool.ts'
export { TOOLS } from './tools-table.ts'
