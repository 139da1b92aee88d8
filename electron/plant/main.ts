import type { ParentChannel } from './parent-messages.ts'
import { runPlant } from './run.ts'

// Entry of the simulated plant's own process: `millwright plant` without the command line around it, and a child of
// Electron main with an ipc channel.
function parentChannel(): ParentChannel | null {
  if (!process.send) return null
  return {
    send(message) {
      // The parent may die between the check and the send; its absence is told by 'disconnect'.
      if (process.connected) process.send?.(message, () => undefined)
    },
    onMessage(listener) {
      process.on('message', listener)
    },
    onDisconnect(listener) {
      process.once('disconnect', listener)
    },
  }
}

const argv = process.argv.slice(2)
const code = await runPlant(
  argv,
  {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    cwd: process.env['INIT_CWD'] ?? process.cwd(),
    json: argv.includes('--json'),
  },
  parentChannel(),
)
process.exit(code)
