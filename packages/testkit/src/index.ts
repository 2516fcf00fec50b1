export { type FuzzRunOptions, type FuzzRunResult, fuzzRun } from './fuzz/fuzz-run.ts'
