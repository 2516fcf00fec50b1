/** What bin/kafka-server-start.sh sets for a broker, and why, for who starts one without a shell. */
export const serverEnvironment = {
  MALLOC_MMAP_THRESHOLD_: '262144',
  MALLOC_TRIM_THRESHOLD_: '1048576',
  ...process.env,
  NODE_OPTIONS: `--max-semi-space-size=8 ${process.env.NODE_OPTIONS ?? ''}`.trim(),
}
