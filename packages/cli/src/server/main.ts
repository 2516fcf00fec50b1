/** Entry of the server. Bundled into build/server.mjs. */
import { runServer } from './run-server.ts'

void runServer(process.argv.slice(2))
