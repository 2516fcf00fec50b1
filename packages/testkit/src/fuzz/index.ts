export { type FuzzRunOptions, type FuzzRunResult, fuzzRun } from './fuzz-run.ts'
