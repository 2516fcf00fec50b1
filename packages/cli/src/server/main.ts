/** Entry of the server. Bundled into build/server.cjs. */
import { runServer } from './run-server.ts'

void runServer(process.argv.slice(2))
