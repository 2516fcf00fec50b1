/** What bin/kafka-server-start.sh sets for a broker, and why, for who starts one without a shell. */
export const serverEnvironment = {
  MALLOC_MMAP_THRESHOLD_: '262144',
  MALLOC_TRIM_THRESHOLD_: '4194304',
  ...process.env,
}
